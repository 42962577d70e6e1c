import { describe, expect, it } from 'vitest';
import * as a from '../../src/data/attention';
import { crc32c } from '../../src/data/crc32c';
import { halfToNumber } from '../../src/data/float16';

const triangle: a.Attention = {
  step: 0,
  heads: 2,
  queries: 3,
  keys: 3,
  queryOffset: 0,
  keyOffset: 0,
  encoding: 'U8_SQRT',
  layout: 'LOWER_TRIANGLE',
  codes: Uint8Array.from([255, 0, 255, 180, 180, 0, 1, 2, 3, 4, 5, 6]),
};

describe('cells', () => {
  it('counts those that are stored', () => {
    expect(a.cellsPerHead(3, 3, 'LOWER_TRIANGLE')).toBe(6);
    expect(a.cellsPerHead(3, 4, 'FULL')).toBe(12);
  });

  it('finds each cell of a triangle, head by head', () => {
    expect([a.cellIndex(triangle, 0, 0, 0), a.cellIndex(triangle, 0, 2, 1)]).toEqual([0, 4]);
    expect(a.cellIndex(triangle, 1, 2, 2)).toBe(11);
  });

  it('tells not applicable from zero', () => {
    expect(a.read(triangle, 0, 0, 1)).toBeNull();
    expect(a.read(triangle, 0, 2, 2)).toEqual({ value: 0, error: 0.25 / 65025 });
  });

  it('reads rows and columns with NaN where not applicable', () => {
    expect([...a.rowOf(triangle, 0, 1)]).toEqual([0, 1, Number.NaN]);
    expect([...a.columnOf(triangle, 0, 2)]).toEqual([Number.NaN, Number.NaN, 0]);
  });
});

describe('values and errors', () => {
  it.each([
    ['U8_SQRT', 128, (128 / 255) ** 2, 128.25 / 65025],
    ['U16', 65535, 1, 0.5 / 65535],
    ['F16', 0x3800, 0.5, 0.5 * 2 ** -11],
    ['F32', 0.3, 0.3, 0],
  ] as const)('%s', (encoding, code, value, error) => {
    expect(a.valueOf(code, encoding)).toBeCloseTo(value, 12);
    expect(a.errorOf(code, encoding)).toBeCloseTo(error, 12);
  });

  it('bounds the error of every possible attention in one byte', () => {
    for (let i = 0; i <= 4000; i += 1) {
      const captured = i / 4000;
      const code = Math.floor(255 * Math.sqrt(captured) + 0.5);
      const shown = a.valueOf(code, 'U8_SQRT');
      expect(Math.abs(shown - captured)).toBeLessThanOrEqual(a.errorOf(code, 'U8_SQRT') + 1e-12);
    }
  });

  it('has an entropy of one bit for a fair coin, and none for certainty', () => {
    expect(a.entropyBits(Float64Array.from([0.5, 0.5, Number.NaN]))).toBe(1);
    expect(a.entropyBits(Float64Array.from([1, 0]))).toBe(0);
  });
});

describe('half-precision floats', () => {
  it.each([
    [0x0000, 0],
    [0x3c00, 1],
    [0xbc00, -1],
    [0x0001, 2 ** -24],
    [0x7bff, 65504],
    [0x7c00, Number.POSITIVE_INFINITY],
  ])('%i', (bits, value) => expect(halfToNumber(bits)).toBe(value));

  it('knows what is not a number', () => expect(halfToNumber(0x7e00)).toBeNaN());
});

describe('CRC32C', () => {
  it('has the check value of the standard', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });

  it('is zero for nothing and differs for one flipped bit', () => {
    expect(crc32c(new Uint8Array())).toBe(0);
    expect(crc32c(Uint8Array.from([1, 2, 3]))).not.toBe(crc32c(Uint8Array.from([1, 2, 2])));
  });
});
