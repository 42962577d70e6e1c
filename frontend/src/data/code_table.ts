/**
 * What every code of an encoding stands for, worked out once: scrubbing asks 320 000 cells a step.
 *
 * It imports nothing of `attention.ts`, which uses it.
 */
import { halfToNumber } from './float16';

/** By code: the attention, and what it adds to an entropy, `-p log2 p`. */
export interface CodeTable {
  readonly values: Float64Array;
  readonly bits: Float64Array;
}

const VALUE_OF = {
  U8_SQRT: (code: number): number => (code / 255) ** 2,
  U16: (code: number): number => code / 65535,
  F16: halfToNumber,
} as const;
const SIZES = { U8_SQRT: 256, U16: 65536, F16: 65536 } as const;
const tables = new Map<string, CodeTable>();

/** What one cell adds to an entropy in bits. */
export function bitsOf(p: number): number {
  return p > 0 ? -p * Math.log2(p) : 0;
}

/** The table of an encoding, or `null` for plain floats, whose code is the value itself. */
export function codeTable(encoding: string): CodeTable | null {
  if (!Object.hasOwn(SIZES, encoding)) return null;
  const known = tables.get(encoding);
  if (known) return known;
  const name = encoding as keyof typeof SIZES;
  const values = new Float64Array(SIZES[name]).map((_, code) => VALUE_OF[name](code));
  const table = { values, bits: values.map(bitsOf) };
  tables.set(encoding, table);
  return table;
}
