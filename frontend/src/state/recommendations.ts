/** Reading top-k lists as columns: a step's list, and how each item moved since an earlier one. */
import type { RecommendationColumns } from '../data/schema';
import { indexAtOrBefore } from '../data/steps';

/** One line of a list; `before` is its rank in the reference list, `null` when it was not in it. */
export interface Ranked {
  readonly item: number;
  readonly rank: number;
  readonly score: number;
  readonly before: number | null;
}

/** One user's list at one step. */
export interface RankedList {
  readonly step: number;
  readonly entries: readonly Ranked[];
  readonly targetRank: number | null;
  readonly targetScore: number | null;
  readonly seenRemoved: boolean;
  /** The step the moves are counted from; `null` when there is none. */
  readonly referenceStep: number | null;
}

/** What the moves are counted from; a number is a pinned step. */
export type Reference = 'first' | 'previous' | number;

/** The list at `step` or the latest before it; `null` when there is none. */
export function listAt(
  columns: RecommendationColumns,
  step: number,
  reference: Reference,
): RankedList | null {
  const index = indexAtOrBefore(columns.steps, step);
  if (index < 0) return null;
  const earlier = referenceIndex(columns.steps, index, reference);
  const before = earlier >= 0 && earlier < index ? (columns.items[earlier] ?? []) : null;
  const rankBefore = (item: number): number | null => {
    const at = before?.indexOf(item) ?? -1;
    return at < 0 ? null : at + 1;
  };
  return {
    step: columns.steps[index] as number,
    entries: (columns.items[index] ?? []).map((item, i) => ({
      item,
      rank: i + 1,
      score: columns.scores[index]?.[i] ?? Number.NaN,
      before: rankBefore(item),
    })),
    targetRank: columns.target_ranks[index] ?? null,
    targetScore: columns.target_scores[index] ?? null,
    seenRemoved: columns.seen_removed,
    referenceStep: before ? (columns.steps[earlier] as number) : null,
  };
}

/** Index of the list that moves are counted from; not below `index` when there is none earlier. */
function referenceIndex(steps: readonly number[], index: number, reference: Reference): number {
  if (reference === 'first') return 0;
  return reference === 'previous' ? index - 1 : indexAtOrBefore(steps, reference);
}

/** Rank of an item in every loaded list; `null` where it is not listed. */
export function ranksOf(columns: RecommendationColumns, item: number): (number | null)[] {
  return columns.items.map((list) => {
    const at = list.indexOf(item);
    return at < 0 ? null : at + 1;
  });
}

/** Two answers as one; a step in both is the newer answer's. */
export function joinColumns(
  known: RecommendationColumns,
  later: RecommendationColumns,
): RecommendationColumns {
  const source = new Map<number, [RecommendationColumns, number]>();
  for (const columns of [known, later])
    columns.steps.forEach((step, i) => source.set(step, [columns, i]));
  const order = [...source].sort(([a], [b]) => a - b).map(([, from]) => from);
  return {
    ...later,
    steps: order.map(([c, i]) => c.steps[i] as number),
    items: order.map(([c, i]) => c.items[i] ?? []),
    scores: order.map(([c, i]) => c.scores[i] ?? []),
    target_ranks: order.map(([c, i]) => c.target_ranks[i] ?? null),
    target_scores: order.map(([c, i]) => c.target_scores[i] ?? null),
    absent: [],
  };
}
