/** Loss, NDCG or any scalar of the chosen run's siblings, to draw above the timeline. */
import type { ScalarClient, ScalarColumns } from '../data/scalars';

/** One scalar of a sibling run. */
export interface ScalarName {
  readonly run: string;
  readonly tag: string;
  /** `run/tag`, as an address says it. */
  readonly key: string;
}

/** A scalar that is drawn. */
export interface ScalarCurve extends ScalarName, ScalarColumns {
  /** Keras counts epochs, not steps, in `epoch_…`: such a curve is placed by its wall times. */
  readonly byWallTime: boolean;
}

/** Where a training's scalars are, beside `<run>/attention`; the last part of the name counts. */
const SIBLINGS = ['train', 'validation', 'eval', 'test', ''];

/** Scalars of one run. */
export class Scalars {
  /** What there is to choose from. */
  names = $state.raw<readonly ScalarName[]>([]);
  curves = $state.raw<readonly ScalarCurve[]>([]);
  /** The key of the one scalar that is drawn; empty for loss and NDCG. */
  choice = $state('');
  private asked = '';

  constructor(private readonly client: ScalarClient) {}

  /** Look at the siblings of `run`; asks again when `generation` grew. */
  async look(run: string, generation: number): Promise<void> {
    const of = JSON.stringify([run, this.choice, generation]);
    if (of === this.asked) return;
    if (this.asked && (JSON.parse(this.asked) as string[])[0] !== run) this.curves = [];
    this.asked = of;
    const names = namesOf(run, await this.client.tags());
    if (of !== this.asked) return;
    this.names = names;
    const curves = await Promise.all(chosen(names, this.choice).map((name) => this.load(name)));
    if (of === this.asked) this.curves = curves.filter((curve) => curve !== null);
  }

  private async load(name: ScalarName): Promise<ScalarCurve | null> {
    const columns = await this.client.series(name.run, name.tag);
    const { tag } = name;
    return columns && { ...name, ...columns, byWallTime: tag.startsWith('epoch_') };
  }
}

/** Scalars of the runs beside `<base>/attention`. */
export function namesOf(
  run: string,
  tags: ReadonlyMap<string, readonly string[]>,
): readonly ScalarName[] {
  const base = run.replace(/\/?attention$/, '');
  const siblings = SIBLINGS.map((part) => [base, part].filter(Boolean).join('/'));
  return [...new Set([...siblings, run])].flatMap((sibling) =>
    (tags.get(sibling || '.') ?? []).map((tag) => ({
      run: sibling || '.',
      tag,
      key: `${sibling || '.'}/${tag}`,
    })),
  );
}

/** The chosen one, or a loss and an NDCG, counted in steps rather than epochs where there is a choice. */
export function chosen(names: readonly ScalarName[], choice: string): readonly ScalarName[] {
  if (choice) return names.filter(({ key }) => key === choice);
  const steps = names.filter(({ tag }) => !tag.startsWith('epoch_'));
  return [/(^|_)loss$/i, /ndcg/i].flatMap((pattern) => {
    const of = (list: readonly ScalarName[]): ScalarName | undefined =>
      list.find(({ tag }) => pattern.test(tag));
    return of(steps) ?? of(names) ?? [];
  });
}
