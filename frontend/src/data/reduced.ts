/**
 * Attention too long to be kept whole: the row that predicts, which is stored exactly.
 *
 * The overview of tiles and the largest cells of the other rows are in the chunk too
 * (docs/format.md); a picture of them would have to say of every cell what it is a mean of.
 */
import type { Codes } from './attention';
import { CorruptFrameError } from './errors';

/** What a chunk of layout `REDUCED` keeps, as its header says. */
export interface Reduction {
  readonly exact_rows: number;
  readonly overview_queries: number;
  readonly overview_keys: number;
  readonly top_k: number;
}

/** Bytes of all sections: exact rows, means, maxima, the largest cells and their keys. */
export function reducedBytes(
  { exact_rows: rows, overview_queries, overview_keys, top_k }: Reduction,
  heads: number,
  queries: number,
  keys: number,
  bytesPerCell: number,
): number {
  const top = queries * top_k;
  const cells = rows * keys + 2 * overview_queries * overview_keys + top;
  return heads * (cells * bytesPerCell + top * 2);
}

/** Codes of the last exact row, `[head, 1, key]`, of all `codes`. */
export function lastExactRow(codes: Codes, rows: number, heads: number, keys: number): Codes {
  if (rows < 1) throw new CorruptFrameError('a reduction without a row');
  const row = codes.slice(0, heads * keys);
  for (let head = 0; head < heads; head += 1) {
    const start = (head * rows + rows - 1) * keys;
    row.set(codes.subarray(start, start + keys), head * keys);
  }
  return row;
}
