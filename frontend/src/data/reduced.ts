/**
 * Attention too long to be kept whole: the row that predicts, exactly, an overview of tiles, and the
 * largest cells of every row. docs/format.md says how they lie in a chunk.
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

/** What is kept beside the row that predicts. */
export interface Reduced {
  /** Queries there were; keys are those of the exact row. */
  readonly queries: number;
  readonly tileQueries: number;
  readonly tileKeys: number;
  /** Largest cells of a query. */
  readonly topK: number;
  /** Codes `[head, tile, tile]`: mean over all cells of a tile, and its largest cell. */
  readonly mean: Codes;
  readonly maximum: Codes;
  /** Codes `[head, query, k]` of the largest cells, largest first, and their keys. */
  readonly top: Codes;
  readonly topKeys: Uint16Array;
}

/** What the cells of an overview stand for. */
export type Aggregate = 'mean' | 'maximum';

/** Says of a picture that its cells are tiles of a larger one. */
export interface Tiles {
  readonly aggregate: Aggregate;
  /** Size of the whole. */
  readonly queries: number;
  readonly keys: number;
  /** Position of the whole's first query (key) on its axis. */
  readonly queryOffset: number;
  readonly keyOffset: number;
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

/** The sections behind the exact rows, of all `codes` and the bytes of the keys. */
export function sectionsOf(
  { exact_rows: rows, overview_queries, overview_keys, top_k }: Reduction,
  heads: number,
  queries: number,
  keys: number,
  codes: Codes,
  keyBytes: Uint8Array,
): Reduced {
  const tiles = heads * overview_queries * overview_keys;
  const mean = heads * rows * keys;
  const view = new DataView(keyBytes.buffer, keyBytes.byteOffset, keyBytes.byteLength);
  const topKeys = new Uint16Array(heads * queries * top_k).map((_, i) =>
    view.getUint16(2 * i, true),
  );
  const wrong = topKeys.find((key) => key >= keys);
  if (wrong !== undefined) throw new CorruptFrameError(`key ${wrong} of ${keys}`);
  return {
    queries,
    tileQueries: overview_queries,
    tileKeys: overview_keys,
    topK: top_k,
    mean: codes.subarray(mean, mean + tiles),
    maximum: codes.subarray(mean + tiles, mean + 2 * tiles),
    top: codes.subarray(mean + 2 * tiles, mean + 2 * tiles + topKeys.length),
    topKeys,
  };
}

/** Bytes that `reduced` keeps alive. */
export function bytesOfReduced({ mean, maximum, top, topKeys }: Reduced): number {
  return [mean, maximum, top, topKeys].reduce((sum, part) => sum + part.byteLength, 0);
}
