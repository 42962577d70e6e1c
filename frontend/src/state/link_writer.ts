/** Keeps the address in step with what is seen: choices at once, playback a few times a second. */
import type { Host } from './host';
import { formatLink, type Link } from './link';

/** Least time between two replacements of the address. */
const PAUSE_MS = 300;

/** Writes links to the host, never the same one twice. */
export class LinkWriter {
  private lastText = '';
  private lastChoice: string | null = null;
  private waiting: Link | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly host: Host) {}

  /** The address says `link` already; what it leads to is not a choice of the reader. */
  adopt(link: Link): void {
    this.lastText = textOf(link);
    this.lastChoice = null;
    this.waiting = null;
  }

  /** What is seen is now `link`; `choice` differs when Back should return to what was before. */
  update(link: Link, choice: string): void {
    const isNew = this.lastChoice !== null && choice !== this.lastChoice;
    this.lastChoice = choice;
    this.waiting = link;
    if (isNew) this.write('push');
    else this.timer ??= setTimeout(() => this.flush(), PAUSE_MS);
  }

  /** Write now what waits, so that a copied address is true. */
  flush(): void {
    this.write('replace');
  }

  private write(mode: 'push' | 'replace'): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    if (!this.waiting) return;
    const text = textOf(this.waiting);
    if (text !== this.lastText) this.host.writeLink(formatLink(this.waiting), mode);
    this.lastText = text;
    this.waiting = null;
  }
}

function textOf(link: Link): string {
  return JSON.stringify([...formatLink(link)].sort());
}
