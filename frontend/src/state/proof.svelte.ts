/** What became of feedback: the lists and grounds of a run and of the one that learned from it. */
import { judge, newestWords, type Grounds, type Judged, type Seen } from '../analysis/satisfied';
import { asApiError, type ApiError } from '../data/errors';
import { FeedbackClient } from '../data/feedback_client';
import type { Reasons, Verdict } from '../data/feedback_schema';
import { ScalarClient } from '../data/scalars';
import type { Item, RecommendationColumns, Run } from '../data/schema';
import { namesOf } from './scalars.svelte';
import type { Session } from './session.svelte';

/** What the training itself measured of the child. */
export interface Measured {
  /** Share of the verdicts that is satisfied. */
  readonly satisfied: number | null;
  /** The guard's metric, and its value after. */
  readonly guard: { readonly name: string; readonly value: number } | null;
}

/** One user in one run. */
export interface Side extends Seen {
  readonly columns: RecommendationColumns | null;
}

/** Both runs, of every user that something was said of. */
export interface Sides {
  readonly before: Side;
  readonly after: Side;
}

const PREFIX = 'feedback/';
const SATISFIED = 'feedback/satisfied';
/** Verdicts that are judged: the newest 1000. */
const MOST_PAGES = 5;

/** The proof of one pair of runs at a time; `user` is the one on the screen. */
export class Proof {
  readonly client: FeedbackClient;
  working = $state(false);
  failure = $state.raw<ApiError | null>(null);
  /** `null` where the server takes no feedback: then nobody can see what was said. */
  verdicts = $state.raw<readonly Verdict[] | null>(null);
  sides = $state.raw<ReadonlyMap<number, Sides>>(new Map());
  measured = $state.raw<Measured>({ satisfied: null, guard: null });
  private key = '';

  readonly judged = $derived.by<Judged[]>(() =>
    newestWords(this.verdicts ?? []).flatMap((verdict) => {
      const sides = this.sides.get(verdict.user);
      return sides ? [judge(verdict, sides.before, sides.after)] : [];
    }),
  );

  /** `scalars` is replaced in tests. */
  constructor(
    private readonly session: Session,
    private readonly scalars = new ScalarClient(),
  ) {
    this.client = new FeedbackClient(session.client);
  }

  /** Look at what became of the feedback on `parent` in `child`; again when `version` grew. */
  async look(parent: Run, child: Run, user: number, version: number): Promise<void> {
    const key = JSON.stringify([parent.name, child.name, user, version]);
    if (key === this.key) return;
    this.key = key;
    const isCurrent = (): boolean => this.key === key;
    [this.working, this.failure] = [true, null];
    try {
      const { log } = this.session;
      await Promise.all([parent, child].map((run) => log.loadCatalogue(run.name)));
      const [verdicts, measured] = await Promise.all([this.said(parent), this.measure(child)]);
      if (!isCurrent()) return;
      [this.verdicts, this.measured] = [verdicts, measured];
      const words = newestWords(verdicts ?? []);
      const found = new Map<number, Sides>();
      for (const index of new Set([user, ...words.map((said) => said.user)])) {
        const grounds =
          index === user ||
          words.some((said) => said.user === index && said.kind === 'wrong_reason');
        const [before, after] = await Promise.all(
          [parent, child].map((run) => this.side(run, index, grounds)),
        );
        if (!isCurrent()) return;
        if (before && after) found.set(index, { before, after });
        this.sides = new Map(found);
      }
    } catch (error) {
      if (isCurrent()) this.failure = asApiError(error);
    } finally {
      if (isCurrent()) this.working = false;
    }
  }

  private async said(parent: Run): Promise<Verdict[] | null> {
    const found: Verdict[] = [];
    let before: number | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const told = await this.client.read({ run: parent.name, before });
      if (!told.enabled) return null;
      found.push(...told.verdicts);
      before = told.next ?? undefined;
      if (before === undefined) break;
    }
    return found;
  }

  private async side(run: Run, user: number, withGrounds: boolean): Promise<Side> {
    const items = this.session.itemsOf(run.name);
    const [columns, reasons] = await Promise.all([
      run.has_recommendations
        ? this.session.client.recommendations(run.name, user, 'latest')
        : null,
      withGrounds && run.has_models ? this.client.reasons(run.name, user).catch(() => null) : null,
    ]);
    const list = columns?.items.at(-1);
    return {
      columns,
      list: list ? list.map((item) => idOf(items, item)) : null,
      grounds: reasons ? groundsOf(reasons, items) : null,
    };
  }

  private async measure(child: Run): Promise<Measured> {
    const names = namesOf(child.name, await this.scalars.tags());
    const last = async (tag: string): Promise<number | null> => {
      const name = names.find((other) => other.tag === tag);
      const columns = name ? await this.scalars.series(name.run, tag) : null;
      return columns?.values.at(-1) ?? null;
    };
    const guard = names.find(({ tag }) => tag.startsWith(PREFIX) && tag !== SATISFIED);
    const [satisfied, value] = [await last(SATISFIED), guard ? await last(guard.tag) : null];
    return {
      satisfied,
      guard: guard && value !== null ? { name: guard.tag.slice(PREFIX.length), value } : null,
    };
  }
}

function idOf(items: ReadonlyMap<number, Item>, index: number): string {
  return items.get(index)?.id ?? `#${index}`;
}

/** Effects and attention by the ids of items, which two runs share. */
function groundsOf(reasons: Reasons, items: ReadonlyMap<number, Item>): Grounds {
  const places = new Map<string, number[]>();
  reasons.history.forEach((item, place) => {
    const id = idOf(items, item);
    places.set(id, [...(places.get(id) ?? []), place]);
  });
  const layers = reasons.attention_by_layer;
  const attention = reasons.history.map(
    (_, place) =>
      layers.reduce((sum, layer) => sum + (layer[place] ?? 0), 0) / Math.max(layers.length, 1),
  );
  const effects = new Map(
    reasons.recommendations.map((row) => [idOf(items, row.item), row.lead_drop_when_masked]),
  );
  return { places, attention, effects };
}
