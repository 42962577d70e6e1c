/** An array as NumPy stores it, format 1.0: `numpy.load` gives float32 of the same shape. */
import { read, type Attention } from '../data/attention';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];
const ALIGNMENT = 64;

/** The file of `values` in C order; throws `RangeError` if `shape` holds another number of them. */
export function toNpy(values: Float32Array, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const count = shape.reduce((a, b) => a * b, 1);
  if (count !== values.length) throw new RangeError(`${values.length} values are no ${shape}`);
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${tuple}), }`;
  const start = MAGIC.length + 2;
  const length = Math.ceil((start + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(length + 4 * count);
  bytes.set(MAGIC);
  const view = new DataView(bytes.buffer);
  view.setUint16(MAGIC.length, length - start, true);
  bytes.set(new TextEncoder().encode(`${text.padEnd(length - start - 1)}\n`), start);
  values.forEach((value, i) => view.setFloat32(length + 4 * i, value, true));
  return bytes;
}

/** `[head, query, key]` of the given heads, flat; `NaN` where the causal mask leaves nothing. */
export function valuesOf(attention: Attention, heads: readonly number[]): Float32Array {
  const { queries, keys } = attention;
  const values = new Float32Array(heads.length * queries * keys);
  let at = 0;
  for (const head of heads) {
    for (let query = 0; query < queries; query += 1) {
      for (let key = 0; key < keys; key += 1, at += 1)
        values[at] = read(attention, head, query, key)?.value ?? Number.NaN;
    }
  }
  return values;
}

/** Matrices `[query, key]` of different sizes as one array, aligned at their newest corner. */
export function stack(
  matrices: readonly { values: Float32Array; queries: number; keys: number }[],
): { values: Float32Array; shape: [number, number, number] } {
  const queries = Math.max(0, ...matrices.map((m) => m.queries));
  const keys = Math.max(0, ...matrices.map((m) => m.keys));
  const values = new Float32Array(matrices.length * queries * keys).fill(Number.NaN);
  matrices.forEach((matrix, i) => {
    for (let row = 0; row < matrix.queries; row += 1) {
      const target = (i * queries + queries - matrix.queries + row) * keys + keys - matrix.keys;
      values.set(matrix.values.subarray(row * matrix.keys, (row + 1) * matrix.keys), target);
    }
  });
  return { values, shape: [matrices.length, queries, keys] };
}
