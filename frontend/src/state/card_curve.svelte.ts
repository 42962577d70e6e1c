/** The faithfulness card over training: some steps, one after the other, the ends first. */
import { untrack } from 'svelte';
import type { ExplainClient } from '../data/explain_client';
import type { Faithfulness, Models } from '../data/explain_schema';
import { isAbort } from '../data/errors';

/** Steps of the curve; a card takes up to seconds. */
const MOST = 12;

/** Cards by step; reading them depends on `version`. */
export class CardCurve {
  version = $state(0);
  failed = $state(false);
  private of = '';
  private readonly cards = new Map<number, Faithfulness>();
  private wanted: readonly number[] = [];
  private isHeld = false;
  private atWork = false;
  private out: AbortController | null = null;

  constructor(private readonly client: ExplainClient) {}

  /** Cards that are here, ascending by step. */
  get known(): readonly Faithfulness[] {
    void this.version;
    return [...this.cards.values()].sort((a, b) => a.step - b.step);
  }

  /** Steps there will be. */
  get steps(): readonly number[] {
    void this.version;
    return this.wanted;
  }

  /** Measure a run's models; while `isHeld`, what is asked for is finished and nothing more asked. */
  look(run: string, models: Models, isHeld: boolean): void {
    untrack(() => {
      const first = models.wall_times_s[0];
      const of = JSON.stringify([run, first]);
      if (of !== this.of) {
        this.out?.abort();
        this.cards.clear();
      }
      this.of = of;
      this.isHeld = isHeld;
      this.wanted = spread(models.steps, MOST);
      this.failed = false;
      this.version += 1;
      if (!this.atWork) void this.work(run);
    });
  }

  /** Stop asking. */
  stop(): void {
    untrack(() => {
      this.isHeld = true;
      this.out?.abort();
    });
  }

  private async work(run: string): Promise<void> {
    this.atWork = true;
    const { of } = this;
    for (let step = this.next(); step !== undefined && of === this.of; step = this.next()) {
      const out = (this.out = new AbortController());
      try {
        const card = await this.client.faithfulness(run, step, out.signal);
        if (of !== this.of) break;
        this.cards.set(step, card);
        this.version += 1;
      } catch (error) {
        this.failed = !isAbort(error);
        break;
      }
    }
    this.atWork = false;
  }

  /** The ends first, then what halves the largest stretch without a card. */
  private next(): number | undefined {
    if (this.isHeld) return undefined;
    const missing = this.wanted.filter((step) => !this.cards.has(step));
    const at = (step: number): number => this.wanted.indexOf(step);
    const have = this.wanted.filter((step) => this.cards.has(step)).map(at);
    if (have.length === 0) return missing.at(-1);
    const apart = (step: number): number => Math.min(...have.map((h) => Math.abs(h - at(step))));
    return missing.sort((a, b) => apart(b) - apart(a))[0];
  }
}

/** At most `most` of `steps`, evenly spread, both ends among them. */
export function spread(steps: readonly number[], most: number): number[] {
  if (steps.length <= most) return [...steps];
  return Array.from(
    { length: most },
    (_, i) => steps[Math.round((i * (steps.length - 1)) / (most - 1))] as number,
  );
}
