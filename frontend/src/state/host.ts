/** What the session needs from the page around it; `src/host` implements it for TensorBoard. */

/** The page this tab lives in. Every method works, perhaps doing nothing, in any embedding. */
export interface Host {
  /** This tab's part of the address, as plain keys. */
  readLink(): ReadonlyMap<string, string>;
  /** Replace this tab's part of the address; `push` makes Back return to what was before. */
  writeLink(values: ReadonlyMap<string, string>, mode: 'push' | 'replace'): void;
  /** The full address, for copying. */
  address(): string;
  isDark(): boolean;
  isHidden(): boolean;
  /** Whether a page of another origin shows this one: then nothing must be changed from here. */
  isFramed(): boolean;
  /** Called when the reader went back or forward, or edited the address. */
  onNavigate(listener: () => void): void;
  /** What was remembered in this browser; `null` where nothing was, or may be. */
  recall(key: string): string | null;
  /** Remember in this browser, where it may be. */
  remember(key: string, value: string): void;
  onDark(listener: () => void): void;
  onHidden(listener: () => void): void;
}
