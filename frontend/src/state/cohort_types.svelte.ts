/** What each head does, as a mean over the cohort, at the step on screen. */
import type { Client } from '../data/client';
import { isAbort } from '../data/errors';
import type { HeadTypes } from '../data/schema';

type CohortHead = HeadTypes['layers'][number]['heads'][number];

/** Types of a layer's heads at one step. */
export type CohortTypes = HeadTypes['layers'][number];

/** Asks for one step at a time. */
export class CohortTypesOfRun {
  private result = $state.raw<HeadTypes | null>(null);
  private of = '';
  private abort: AbortController | null = null;

  constructor(private readonly client: Client) {}

  /** Types of a layer as of `step`, if they are here. */
  ofLayer(run: string, layer: string, step: number | null): CohortTypes | null {
    if (this.result?.run !== run) return null;
    return this.result.layers.find((l) => l.name === layer && l.step === step) ?? null;
  }

  /** The type of one head, if it is here. */
  ofHead(run: string, layer: string, step: number | null, head: number): CohortHead | null {
    return this.ofLayer(run, layer, step)?.heads[head] ?? null;
  }

  /** Ask for `step` of a run. */
  async look(run: string, step: number): Promise<void> {
    const of = JSON.stringify([run, step]);
    if (of === this.of) return;
    this.of = of;
    this.abort?.abort();
    this.abort = new AbortController();
    try {
      this.result = await this.client.headTypes(run, step, this.abort.signal);
    } catch (error) {
      if (!isAbort(error) && of === this.of) this.of = '';
    }
  }

  /** The past of a run changed. */
  forget(): void {
    this.of = '';
  }
}
