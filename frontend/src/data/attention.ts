/**
 * One decoded frame: attention of one user and layer at one step, kept in its stored codes.
 *
 * Floats would take four times the memory; a value and its error are computed when asked for.
 */
import { bitsOf, codeTable } from './code_table';
import type { Derived } from './derived';
import { halfToNumber } from './float16';
import type { Reduced, Tiles } from './reduced';

/** How a cell is stored: see docs/http_api.md. */
export type Encoding = 'U8_SQRT' | 'U16' | 'F16' | 'F32';
/** `FULL` holds every cell; `LOWER_TRIANGLE` holds the cells with `key <= query` only. */
export type Layout = 'FULL' | 'LOWER_TRIANGLE';
/** Stored cells; `F16` keeps its bit patterns. */
export type Codes = Uint8Array | Uint16Array | Float32Array;

/** A numbered axis of the catalogue: numbers are an attempt's own. */
export interface AxisRef {
  readonly attempt: string;
  readonly number: number;
}

/** Attention `[head, query, key]` of one user and layer at one step. */
export interface Attention {
  readonly step: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  /** Position of the first query (key) on its axis: what was cropped before it. */
  readonly queryOffset: number;
  readonly keyOffset: number;
  /** What the queries (keys) are, if they are not the user's own axis. */
  readonly queryAxis?: AxisRef;
  readonly keyAxis?: AxisRef;
  readonly encoding: Encoding;
  readonly layout: Layout;
  readonly codes: Codes;
  /** Set where only the last query was kept whole: what is known of the others. */
  readonly reduced?: Reduced;
  /** Set where queries and keys are tiles of a larger picture. */
  readonly tiles?: Tiles;
  /** Set when the server computed it: then an error is that of the rounding of the result only. */
  readonly derived?: Derived;
}

/** A cell's value and the largest possible distance from what was captured. */
export interface Reading {
  readonly value: number;
  readonly error: number;
}

/** Number of stored cells of one head. */
export function cellsPerHead(queries: number, keys: number, layout: Layout): number {
  return layout === 'LOWER_TRIANGLE' ? (queries * (queries + 1)) / 2 : queries * keys;
}

/** Where `[head, query, key]` is in `codes`, or -1 if the causal mask makes it not applicable. */
export function cellIndex(attention: Attention, head: number, query: number, key: number): number {
  const { queries, keys, layout } = attention;
  const start = head * cellsPerHead(queries, keys, layout);
  if (layout === 'LOWER_TRIANGLE') {
    return key > query ? -1 : start + (query * (query + 1)) / 2 + key;
  }
  return start + query * keys + key;
}

/** The attention a code stands for. */
export function valueOf(code: number, encoding: Encoding): number {
  if (encoding === 'U8_SQRT') return (code / 255) ** 2;
  if (encoding === 'U16') return code / 65535;
  return encoding === 'F16' ? halfToNumber(code) : code;
}

/** The largest possible |shown - captured| of a code. */
export function errorOf(code: number, encoding: Encoding): number {
  if (encoding === 'U8_SQRT') return (code + 0.25) / 65025;
  if (encoding === 'U16') return 0.5 / 65535;
  return encoding === 'F16' ? Math.max(halfToNumber(code), 2 ** -14) * 2 ** -11 : 0;
}

/** Value and error of one cell, or `null` where the causal mask makes it not applicable. */
export function read(
  attention: Attention,
  head: number,
  query: number,
  key: number,
): Reading | null {
  const index = cellIndex(attention, head, query, key);
  if (index < 0) return null;
  const code = attention.codes[index] ?? 0;
  return { value: valueOf(code, attention.encoding), error: errorOf(code, attention.encoding) };
}

/** What one query attends to: a value for each key, `NaN` where not applicable. */
export function rowOf(attention: Attention, head: number, query: number): Float64Array {
  return new Float64Array(attention.keys).map(
    (_, key) => read(attention, head, query, key)?.value ?? Number.NaN,
  );
}

/** Who attends to one key: a value for each query, `NaN` where not applicable. */
export function columnOf(attention: Attention, head: number, key: number): Float64Array {
  return new Float64Array(attention.queries).map(
    (_, query) => read(attention, head, query, key)?.value ?? Number.NaN,
  );
}

/** Entropy in bits of one head, averaged over its queries; from the shown cells. */
export function meanEntropyBits(attention: Attention, head: number): number {
  const { queries, keys, layout, encoding, codes } = attention;
  const count = cellsPerHead(queries, keys, layout);
  const bits = codeTable(encoding)?.bits;
  let sum = 0;
  for (let i = head * count; i < (head + 1) * count; i += 1)
    sum += bits ? (bits[codes[i] as number] as number) : bitsOf(codes[i] as number);
  return sum / Math.max(1, queries);
}

/** Entropy in bits of a row of attention, leaving out what is not applicable. */
export function entropyBits(row: Float64Array): number {
  return row.reduce((sum, p) => (p > 0 ? sum - p * Math.log2(p) : sum), 0);
}
