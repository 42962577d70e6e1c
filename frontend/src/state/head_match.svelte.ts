/** Which head of one run is which of another, over the whole cohort: the server reads, we ask. */
import type { Client, Side } from '../data/client';
import { asApiError, isAbort, type ApiError } from '../data/errors';
import type { Comparison } from '../data/schema';

/** Asks for one comparison at a time; a newer question calls off the older one. */
export class HeadMatch {
  result = $state.raw<Comparison | null>(null);
  working = $state(false);
  failure = $state.raw<ApiError | null>(null);
  private of = '';
  private abort: AbortController | null = null;

  constructor(private readonly client: Client) {}

  /** Compare all heads of two layers. */
  async look(a: Side, b: Side): Promise<void> {
    const of = JSON.stringify([a, b]);
    if (of === this.of) return;
    this.abort?.abort();
    const abort = new AbortController();
    [this.of, this.abort, this.working] = [of, abort, true];
    try {
      const found = await this.client.compare(a, b, abort.signal);
      if (of === this.of) [this.result, this.failure] = [found, null];
    } catch (error) {
      if (!isAbort(error) && of === this.of) [this.failure, this.of] = [asApiError(error), ''];
    }
    if (this.abort === abort) this.working = false;
  }

  /** There is nothing to compare. */
  clear(): void {
    this.forget();
    this.abort?.abort();
    [this.result, this.failure, this.working] = [null, null, false];
  }

  /** The past of a run changed. */
  forget(): void {
    this.of = '';
  }
}
