/** What a head does, as a word with the score that led to it: a label to sort by, not an explanation. */
import { entropyBits, rowOf, type Attention } from '../data/attention';

/** `mixed` when no other word fits. */
export type HeadKind = 'self' | 'previous' | 'recent' | 'first' | 'uniform' | 'mixed';

/** Mean attention of a query on certain keys; `evenness` is entropy over the most there could be. */
export interface HeadScores {
  /** On the item itself; `null` where queries and keys are different axes. */
  readonly self: number | null;
  /** On the item before. */
  readonly previous: number | null;
  /** On the newest three items the query may attend to. */
  readonly recent: number | null;
  readonly first: number;
  readonly evenness: number;
}

/** A word and the score it rests on. */
export interface HeadType {
  readonly kind: HeadKind;
  readonly score: number;
  readonly scores: HeadScores;
}

/** From which score a head is called what. */
export const THRESHOLDS = { uniform: 0.98, single: 0.4, recent: 0.6 } as const;

/** Queries with fewer keys say little: their attention has nowhere else to go. */
const LEAST_KEYS = 4;

/** Scores of one head; `sameAxis` says whether key and query positions are the same items. */
export function scoresOf(attention: Attention, head: number, sameAxis: boolean): HeadScores {
  const { queries, queryOffset, keyOffset } = attention;
  const all = Array.from({ length: queries }, (_, query) => ({
    row: rowOf(attention, head, query),
    at: query + queryOffset - keyOffset,
  })).map(({ row, at }) => ({ row, at, keys: row.filter((p) => !Number.isNaN(p)).length }));
  const telling = all.filter(({ keys }) => keys >= LEAST_KEYS);
  const rows = telling.length > 0 ? telling : all;
  const mean = (valueOf: (row: Float64Array, at: number) => number): number =>
    rows.reduce((sum, { row, at }) => sum + valueOf(row, at), 0) / Math.max(1, rows.length);
  const on = (row: Float64Array, key: number): number => row[key] || 0;
  const along = (valueOf: (row: Float64Array, at: number) => number): number | null =>
    sameAxis ? mean(valueOf) : null;
  const entropy = rows.reduce((sum, { row }) => sum + entropyBits(row), 0);
  const most = rows.reduce((sum, { keys }) => sum + Math.log2(Math.max(1, keys)), 0);
  return {
    self: along((row, at) => on(row, at)),
    previous: along((row, at) => on(row, at - 1)),
    recent: along((row, at) => on(row, at) + on(row, at - 1) + on(row, at - 2)),
    first: mean((row) => on(row, 0)),
    evenness: most > 0 ? entropy / most : 0,
  };
}

/** The word that fits best. */
export function typeOf(scores: HeadScores): HeadType {
  const { evenness, recent } = scores;
  const found = (kind: HeadKind, score: number): HeadType => ({ kind, score, scores });
  if (evenness >= THRESHOLDS.uniform) return found('uniform', evenness);
  const single = (['self', 'previous', 'first'] as const)
    .map((kind) => found(kind, scores[kind] ?? 0))
    .sort((a, b) => b.score - a.score)[0];
  if (single && single.score >= THRESHOLDS.single) return single;
  if (recent !== null && recent >= THRESHOLDS.recent) return found('recent', recent);
  return found('mixed', evenness);
}
