/**
 * What a head does, as a word with the score that led to it: a label to sort by, not an explanation.
 *
 * For the frame on screen; `tensorboard_plugin_attn/analysis/head_type.py` says the same of a cohort.
 */
import { entropyBits, rowOf, type Attention } from '../data/attention';

/** `mixed` when no other word fits. */
export type HeadKind = (typeof HEAD_KINDS)[number];
/** All of them. */
export const HEAD_KINDS = [
  'self',
  'previous',
  'recent',
  'first',
  'category',
  'uniform',
  'mixed',
] as const;

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
  /** On items at most one place away, the own one included. */
  readonly near: number | null;
  /** On other items of the query's category; `null` where no category is known. */
  readonly same_category: number | null;
  /** The same, if attention were even: what it is by chance. */
  readonly even_category: number | null;
}

/** Categories of the items along both axes. */
export interface Categories {
  readonly queries: readonly (readonly string[])[];
  readonly keys: readonly (readonly string[])[];
}

/** A word and the score it rests on. */
export interface HeadType {
  readonly kind: HeadKind;
  readonly score: number;
  readonly scores: HeadScores;
}

/** From which score a head is called what. */
export const THRESHOLDS = {
  uniform: 0.98,
  single: 0.4,
  recent: 0.6,
  category: 0.4,
  /** And so many times what even attention has. */
  lift: 1.5,
} as const;

/** Queries with fewer keys say little: their attention has nowhere else to go. */
const LEAST_KEYS = 4;

/** Scores of one head; `sameAxis` says whether key and query positions are the same items. */
export function scoresOf(
  attention: Attention,
  head: number,
  sameAxis: boolean,
  categories: Categories | null = null,
): HeadScores {
  const { queries, queryOffset, keyOffset } = attention;
  const all = Array.from({ length: queries }, (_, query) => ({
    row: rowOf(attention, head, query),
    query,
    at: query + queryOffset - keyOffset,
  })).map((one) => ({ ...one, keys: one.row.filter((p) => !Number.isNaN(p)).length }));
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
    evenness: most > 0 ? Math.min(1, entropy / most) : 0,
    near: along((row, at) => on(row, at - 1) + on(row, at) + on(row, at + 1)),
    ...categoryScores(rows, sameAxis, categories),
  };
}

interface Row {
  readonly row: Float64Array;
  readonly query: number;
  readonly at: number;
  readonly keys: number;
}

function categoryScores(
  rows: readonly Row[],
  sameAxis: boolean,
  categories: Categories | null,
): Pick<HeadScores, 'same_category' | 'even_category'> {
  if (!categories || ![...categories.queries, ...categories.keys].some((own) => own.length > 0))
    return { same_category: null, even_category: null };
  const keySets = categories.keys.map((own) => new Set(own));
  let [found, even] = [0, 0];
  for (const { row, query, at, keys } of rows) {
    const own = categories.queries[query] ?? [];
    row.forEach((value, key) => {
      if (Number.isNaN(value) || (sameAxis && key === at)) return;
      if (!own.some((name) => keySets[key]?.has(name))) return;
      found += value;
      even += 1 / keys;
    });
  }
  return { same_category: found / rows.length, even_category: even / rows.length };
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
  const { same_category: same, even_category: by } = scores;
  const least = Math.max(THRESHOLDS.category, THRESHOLDS.lift * (by ?? 0));
  if (same !== null && same >= least) return found('category', same);
  return found('mixed', evenness);
}
