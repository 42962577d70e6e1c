/** Asks again and again: soon while all is well, ever later while it is not, never while hidden. */

/** Seconds between questions, while all is well and at the worst. */
export const POLL_S = { usual: 2, longest: 30 };

/** Runs `ask` (true = it worked) until stopped. */
export class Poller {
  private timer: ReturnType<typeof setTimeout> | null = null;
  private running = false;
  private failures = 0;

  constructor(private readonly ask: () => Promise<boolean>) {}

  /** Seconds until the next question after this many failures in a row. */
  static delayS(failures: number): number {
    return Math.min(POLL_S.longest, POLL_S.usual * 2 ** Math.max(0, failures - 1));
  }

  /** Ask now, and go on. */
  start(): void {
    if (this.running) return;
    this.running = true;
    void this.round();
  }

  /** Ask no more. */
  stop(): void {
    this.running = false;
    if (this.timer) clearTimeout(this.timer);
  }

  private async round(): Promise<void> {
    this.failures = (await this.ask()) ? 0 : this.failures + 1;
    if (this.timer) clearTimeout(this.timer);
    if (this.running)
      this.timer = setTimeout(() => void this.round(), 1000 * Poller.delayS(this.failures));
  }
}
