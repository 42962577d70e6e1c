/** The largest weight of a frame, for a scale that uses its whole range. */
import { cellIndex, valueOf, type Attention, type Codes } from '../data/attention';
import type { Aggregate } from '../data/reduced';

/** Queries with fewer keys have large weights of necessity: a causal query's first weight is 1. */
const LEAST_KEYS = 8;

/** The largest weight over all heads and over queries with at least eight keys, or all queries. */
export function peakOf(attention: Attention): number {
  const { heads, queries, keys, layout, reduced, encoding } = attention;
  if (reduced) return valueOf(largest(reduced.maximum), encoding);
  const triangle = layout === 'LOWER_TRIANGLE';
  const first = triangle && queries >= LEAST_KEYS ? LEAST_KEYS - 1 : 0;
  let most = 0;
  for (let head = 0; head < heads; head += 1) {
    const from = cellIndex(attention, head, first, 0);
    const to = cellIndex(attention, head, queries - 1, keys - 1) + 1;
    for (let i = from; i < to; i += 1) most = Math.max(most, attention.codes[i] ?? 0);
  }
  // Codes are in the order of their values, the bit patterns of positive halves too.
  return valueOf(most, attention.encoding);
}

/** The largest tile, over the rows of tiles with at least eight; 0 where nothing was reduced. */
export function tilePeakOf({ reduced, encoding }: Attention, aggregate: Aggregate): number {
  if (!reduced) return 0;
  const { [aggregate]: codes, tileQueries, tileKeys } = reduced;
  const first = tileQueries >= LEAST_KEYS ? LEAST_KEYS - 1 : 0;
  let most = 0;
  for (let start = 0; start < codes.length; start += tileQueries * tileKeys) {
    const rows = codes.subarray(start + first * tileKeys, start + tileQueries * tileKeys);
    most = Math.max(most, largest(rows));
  }
  return valueOf(most, encoding);
}

function largest(codes: Codes): number {
  let most = 0;
  for (const code of codes) if (code > most) most = code;
  return most;
}

/** The next of a few round numbers that is not smaller, so that a colour bar stays readable. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const decade = 10 ** Math.floor(Math.log10(value));
  const steps = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];
  const share = value / decade - 1e-9;
  return Math.min(1, (steps.find((step) => step >= share) ?? 10) * decade);
}
