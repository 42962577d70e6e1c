/** What a head does, as a word with the score that led to it: a label to sort by, not an explanation. */
import { cellIndex, valueOf, type Attention } from '../data/attention';
import { bitsOf, codeTable } from '../data/code_table';

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
  const telling = sumsOf(attention, head, LEAST_KEYS);
  const sums = telling.rows > 0 ? telling : sumsOf(attention, head, 0);
  const mean = (sum: number): number => sum / Math.max(1, sums.rows);
  return {
    self: sameAxis ? mean(sums.self) : null,
    previous: sameAxis ? mean(sums.previous) : null,
    recent: sameAxis ? mean(sums.self + sums.previous + sums.beforePrevious) : null,
    first: mean(sums.first),
    evenness: sums.mostBits > 0 ? sums.bits / sums.mostBits : 0,
  };
}

/** Sums over the queries with at least `leastKeys` keys: one pass, because scrubbing waits for it. */
function sumsOf(attention: Attention, head: number, leastKeys: number): Sums {
  const { queries, queryOffset, keyOffset, encoding, codes } = attention;
  const table = codeTable(encoding);
  const sums = { ...NO_SUMS };
  for (let query = 0; query < queries; query += 1) {
    const start = cellIndex(attention, head, query, 0);
    const stored = attention.layout === 'LOWER_TRIANGLE' ? query + 1 : attention.keys;
    let [keys, bits] = [0, 0];
    for (let i = start; i < start + stored; i += 1) {
      const code = codes[i] as number;
      if (Number.isNaN(code)) continue;
      keys += 1;
      bits += table ? (table.bits[code] as number) : bitsOf(code);
    }
    if (keys < leastKeys) continue;
    const on = (key: number): number =>
      key < 0 || key >= stored ? 0 : valueOf(codes[start + key] as number, encoding) || 0;
    const at = query + queryOffset - keyOffset;
    sums.rows += 1;
    sums.bits += bits;
    sums.mostBits += Math.log2(Math.max(1, keys));
    sums.self += on(at);
    sums.previous += on(at - 1);
    sums.beforePrevious += on(at - 2);
    sums.first += on(0);
  }
  return sums;
}

const NO_SUMS = {
  rows: 0,
  bits: 0,
  mostBits: 0,
  self: 0,
  previous: 0,
  beforePrevious: 0,
  first: 0,
};
type Sums = typeof NO_SUMS;

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
