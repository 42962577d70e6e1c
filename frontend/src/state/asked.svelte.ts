/** One answer at a time: while a question is out, only the newest of those that follow waits. */
import { untrack } from 'svelte';
import { asApiError, isAbort, type ApiError } from '../data/errors';

/** Asks; may be called off. */
export type Ask<T> = (signal: AbortSignal) => Promise<T>;

/** Before a server that is busy or away is asked again. */
const AGAIN_MS = 1000;

/** What was answered last, to which question, and what went wrong since. */
export class Asked<T> {
  value = $state.raw<T | null>(null);
  /** The question that `value` answers. */
  answered = $state.raw<string | null>(null);
  failure = $state.raw<ApiError | null>(null);
  working = $state(false);
  private subject = '';
  private key = '';
  private next: { key: string; ask: Ask<T> } | null = null;
  private out: AbortController | null = null;

  /** Whether what is shown is not yet the answer to the last question. */
  get isLate(): boolean {
    return this.working && this.failure === null;
  }

  /**
   * Ask `ask` if `key` is a new question. An answer stays on screen until the next arrives, but never
   * beyond its `subject`: another user's evidence is worse than none.
   */
  look(subject: string, key: string, ask: Ask<T>): void {
    untrack(() => {
      if (subject !== this.subject) this.clear();
      this.subject = subject;
      if (key === this.key) return;
      this.key = key;
      this.next = { key, ask };
      if (!this.working) void this.work();
    });
  }

  /** Forget everything, and call off what is being asked. */
  clear(): void {
    untrack(() => {
      this.out?.abort();
      this.next = null;
      [this.key, this.subject] = ['', ''];
      [this.value, this.answered, this.failure] = [null, null, null];
    });
  }

  private async work(): Promise<void> {
    this.working = true;
    while (this.next) {
      const { key, ask } = this.next;
      this.next = null;
      const out = (this.out = new AbortController());
      try {
        const value = await ask(out.signal);
        if (out.signal.aborted) continue;
        [this.value, this.answered, this.failure] = [value, key, null];
      } catch (error) {
        if (isAbort(error) || out.signal.aborted) continue;
        const failure = asApiError(error);
        if (key === this.key) this.failure = failure;
        if (failure.passing && key === this.key) await this.pause({ key, ask });
      }
    }
    this.working = false;
  }

  /** Wait; then ask the same again, unless there is a newer question. */
  private async pause(same: { key: string; ask: Ask<T> }): Promise<void> {
    await new Promise((done) => setTimeout(done, AGAIN_MS));
    if (same.key === this.key) this.next ??= same;
  }
}
