/** Metrics of compared runs, as of a step: scalars logged beside their attention, side by side. */
import type { ScalarClient, ScalarColumns } from '../data/scalars';
import { indexAtOrBefore } from '../data/steps';
import { namesOf, type ScalarName } from './scalars.svelte';

/** What is a metric of recommendations, or a loss; most telling first. */
const TELLING = [/ndcg/i, /(^|[^a-z])(hr|hit)/i, /mrr/i, /recall/i, /precision/i, /auc/i, /loss/i];
/** Rows of the table. */
const MOST = 6;

/** Scalars of several runs. */
export class Metrics {
  version = $state(0);
  private asked = '';
  private readonly series = new Map<string, Map<string, ScalarColumns>>();

  constructor(private readonly client: ScalarClient) {}

  /** Look at `runs`; asks again when `generation` grew. */
  async look(runs: readonly string[], generation: number): Promise<void> {
    const of = JSON.stringify([runs, generation]);
    if (of === this.asked) return;
    this.asked = of;
    const tags = await this.client.tags();
    for (const run of runs) {
      const found = new Map<string, ScalarColumns>();
      for (const { run: sibling, tag } of telling(namesOf(run, tags))) {
        const columns = await this.client.series(sibling, tag);
        if (of !== this.asked) return;
        if (columns) found.set(tag, columns);
      }
      this.series.set(run, found);
      this.version += 1;
    }
  }

  /** Tags that any of `runs` has, in the order of the first. */
  tagsOf(runs: readonly string[]): string[] {
    void this.version;
    return [...new Set(runs.flatMap((run) => [...(this.series.get(run)?.keys() ?? [])]))];
  }

  /** The latest value logged at or before `step`; `null` without one. */
  at(run: string, tag: string, step: number | null): number | null {
    void this.version;
    const columns = this.series.get(run)?.get(tag);
    if (!columns || step === null) return null;
    return columns.values[indexAtOrBefore(columns.steps, step)] ?? null;
  }
}

/** The most telling scalars, each tag once; `epoch_…` counts epochs, which are not steps. */
export function telling(names: readonly ScalarName[]): ScalarName[] {
  const steps = names.filter(({ tag }) => !tag.startsWith('epoch_'));
  const order = TELLING.flatMap((pattern) => steps.filter(({ tag }) => pattern.test(tag)));
  const tags = [...new Set(order.map(({ tag }) => tag))].slice(0, MOST);
  return tags.flatMap((tag) => order.filter((name) => name.tag === tag).slice(-1));
}
