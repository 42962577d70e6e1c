/** What one recommendation rests on, in an order that is named: by what removing does, or by attention. */
import type { EvidenceRow } from '../data/explain_schema';

/** One place of the history, or a feature behind it. */
export interface Reason {
  /** Counted from 0, oldest first; features follow. */
  readonly place: number;
  /** How far the score falls without it; `null` where that is not known. */
  readonly effect: number | null;
  /** Attention of the place that predicts; `null` where the model does not say. */
  readonly attention: number | null;
  readonly rankWithout: number | null;
}

/** All places, the weightiest first; places without the number come last, ties newest first. */
export function reasonsOf(
  row: EvidenceRow,
  attention: readonly (number | null)[] | null,
  order: 'effect' | 'attention',
): Reason[] {
  const all = row.drop_when_deleted.map((drop, place): Reason => ({
    place,
    effect: drop ?? row.drop_when_masked?.[place] ?? null,
    attention: attention?.[place] ?? null,
    rankWithout: row.rank_when_deleted[place] ?? null,
  }));
  const size = (reason: Reason): number => reason[order] ?? Number.NEGATIVE_INFINITY;
  return all.sort((a, b) => size(b) - size(a) || b.place - a.place);
}

/** The largest effect of either sign among `rows`: what fills a whole bar. */
export function largestEffect(rows: readonly EvidenceRow[]): number {
  return rows
    .flatMap((row) => row.drop_when_deleted)
    .reduce<number>((most, drop) => Math.max(most, Math.abs(drop ?? 0)), 0);
}
