import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stack, toNpy, valuesOf } from '../../src/export/npy';
import { causal } from './attention';

function open(bytes: Uint8Array): { header: string; start: number; values: number[] } {
  const view = new DataView(bytes.buffer);
  const start = 10 + view.getUint16(8, true);
  const values = Array.from({ length: (bytes.length - start) / 4 }, (_, i) =>
    view.getFloat32(start + 4 * i, true),
  );
  return { header: new TextDecoder().decode(bytes.subarray(10, start)), start, values };
}

const FIXTURE = join(import.meta.dirname, '../fixtures/exported.npy');

describe('an array', () => {
  // The other half: tests/unit/test_exported_npy.py reads the same bytes with numpy.load.
  it('is the file that NumPy is known to read', () => {
    const values = Float32Array.from([1, Number.NaN, 0.25, 0.75, 0.5, Number.NaN, 0, 1e-3]);
    const bytes = toNpy(values, [2, 2, 2]);
    if (process.env['ATTN_WRITE_FIXTURES']) writeFileSync(FIXTURE, bytes);
    expect(Buffer.from(bytes).equals(readFileSync(FIXTURE))).toBe(true);
  });

  it('has the header NumPy writes, to a multiple of 64 bytes', () => {
    const { header, start, values } = open(toNpy(Float32Array.from([1, 2, 3, 4, 5, 6]), [1, 2, 3]));
    expect(header).toMatch(
      /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(1, 2, 3\), \} *\n$/,
    );
    expect(start % 64).toBe(0);
    expect(values).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('writes one dimension as a tuple of one', () => {
    expect(open(toNpy(new Float32Array(2), [2])).header).toContain("'shape': (2,), ");
  });

  it('refuses a shape that does not hold the values', () => {
    expect(() => toNpy(new Float32Array(5), [2, 3])).toThrow(RangeError);
  });

  it('says what is not applicable with NaN, and zero with zero', () => {
    const values = valuesOf(causal(), [0]);
    expect([...values].map((v) => Math.round(v * 1000) / 1000)).toEqual([
      1,
      Number.NaN,
      Number.NaN,
      0.252,
      0.615,
      Number.NaN,
      0,
      0.002,
      1,
    ]);
  });

  it('aligns matrices of different sizes at their newest corner', () => {
    const small = { values: Float32Array.from([1]), queries: 1, keys: 1 };
    const large = { values: Float32Array.from([2, 3, 4, 5]), queries: 2, keys: 2 };
    const { values, shape } = stack([small, large]);
    expect(shape).toEqual([2, 2, 2]);
    expect([...values]).toEqual([Number.NaN, Number.NaN, Number.NaN, 1, 2, 3, 4, 5]);
  });
});
