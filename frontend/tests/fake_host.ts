/** A page around the tab that remembers what it was told. */
import type { Host } from '../src/state/host';

/** Implements `Host` in memory. */
export class FakeHost implements Host {
  readonly written: [string, string][] = [];
  link = new Map<string, string>();
  readonly stored = new Map<string, string>();
  hidden = false;
  dark = false;
  framed = false;
  private navigated: () => void = () => undefined;
  private hid: () => void = () => undefined;

  readLink(): ReadonlyMap<string, string> {
    return this.link;
  }
  writeLink(values: ReadonlyMap<string, string>, mode: 'push' | 'replace'): void {
    this.link = new Map(values);
    this.written.push([mode, [...values].map(([k, v]) => `${k}=${v}`).join('&')]);
  }
  address(): string {
    return '';
  }
  isDark(): boolean {
    return this.dark;
  }
  isHidden(): boolean {
    return this.hidden;
  }
  isFramed(): boolean {
    return this.framed;
  }
  recall(key: string): string | null {
    return this.stored.get(key) ?? null;
  }
  remember(key: string, value: string): void {
    this.stored.set(key, value);
  }
  onNavigate(listener: () => void): void {
    this.navigated = listener;
  }
  onDark(): void {
    return undefined;
  }
  onHidden(listener: () => void): void {
    this.hid = listener;
  }

  /** The reader goes back, forward, or edits the address. */
  navigate(link: Record<string, string>): void {
    this.link = new Map(Object.entries(link));
    this.navigated();
  }

  /** TensorBoard shows another tab, or this one again. */
  hide(hidden: boolean): void {
    this.hidden = hidden;
    this.hid();
  }
}
