/** How alike the heads of two layers are, by what the predicting query of the same users attends to. */
import { jensenShannonBits } from './distance';
import type { LastRow } from './last_row';

/** The predicting rows of one user in both layers. */
export type RowPair = readonly [LastRow, LastRow];

/** Rows of both layers can be compared: both there, over equally many keys. */
export function isComparable([a, b]: RowPair): boolean {
  return a.kind === 'ready' && b.kind === 'ready' && a.keys === b.keys;
}

/** `similarity[head of a][head of b]`: 1 − the mean Jensen–Shannon divergence over users, 0 to 1. */
export function similarityOf(pairs: readonly RowPair[]): number[][] {
  const usable = pairs.filter(isComparable);
  const headsOf = (row: LastRow | undefined): number =>
    row?.kind === 'ready' ? row.values.length / Math.max(1, row.keys) : 0;
  const [first] = usable;
  const values = (row: LastRow, head: number): Float32Array =>
    row.kind === 'ready'
      ? row.values.subarray(head * row.keys, (head + 1) * row.keys)
      : new Float32Array();
  return Array.from({ length: headsOf(first?.[0]) }, (_, i) =>
    Array.from({ length: headsOf(first?.[1]) }, (_, j) => {
      const bits = usable
        .map(([a, b]) => jensenShannonBits(values(a, i), values(b, j)))
        .filter((distance) => !Number.isNaN(distance));
      return 1 - bits.reduce((sum, distance) => sum + distance, 0) / Math.max(1, bits.length);
    }),
  );
}
