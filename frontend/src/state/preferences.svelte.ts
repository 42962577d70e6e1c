/** What a reader settled once for this browser: hints that were read, and whether keys are shortcuts. */
import type { Host } from './host';

const HINTS = 'hints';
const SHORTCUTS = 'shortcuts';

/** Kept by the host, which may have nowhere to keep it: then it lasts as long as the tab. */
export class Preferences {
  private readHints = $state.raw<ReadonlySet<string>>(new Set());
  private keys = $state(true);

  constructor(private readonly host: Pick<Host, 'recall' | 'remember'>) {
    this.readHints = new Set((host.recall(HINTS) ?? '').split(',').filter(Boolean));
    this.keys = host.recall(SHORTCUTS) !== 'off';
  }

  /** Whether single keys are commands (WCAG 2.1.4 asks for a way to switch them off). */
  get shortcuts(): boolean {
    return this.keys;
  }

  set shortcuts(on: boolean) {
    this.keys = on;
    this.host.remember(SHORTCUTS, on ? 'on' : 'off');
  }

  /** Whether a hint was read. */
  isRead(hint: string): boolean {
    return this.readHints.has(hint);
  }

  /** Show a hint no more. */
  markRead(hint: string): void {
    this.readHints = new Set([...this.readHints, hint]);
    this.host.remember(HINTS, [...this.readHints].join(','));
  }
}
