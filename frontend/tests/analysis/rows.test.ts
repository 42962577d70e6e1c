import { describe, expect, it } from 'vitest';
import { predictingRow } from '../../src/analysis/predicting_row';
import { softmaxRow } from '../../src/analysis/softmax_row';
import type { Attention } from '../../src/data/attention';

/** Two heads, three queries, three keys, causal: row q has q + 1 cells. */
const TRIANGLE: Attention = {
  step: 1,
  heads: 2,
  queries: 3,
  keys: 3,
  queryOffset: 0,
  keyOffset: 0,
  encoding: 'F32',
  layout: 'LOWER_TRIANGLE',
  codes: Float32Array.from([1, 0.25, 0.75, 0.5, 0.25, 0.25, 1, 0.5, 0.5, 0, 0.5, 0.5]),
};

describe('the predicting row', () => {
  it('is the last one of a head, or the mean of several', () => {
    expect([...predictingRow(TRIANGLE, [0]).values]).toEqual([0.5, 0.25, 0.25]);
    expect([...predictingRow(TRIANGLE, [0, 1]).values]).toEqual([0.25, 0.375, 0.375]);
  });

  it('is another one if told so', () => {
    expect([...predictingRow(TRIANGLE, [1], 1).values]).toEqual([0.5, 0.5, Number.NaN]);
  });

  it('comes with the mean of the largest possible errors', () => {
    const bytes: Attention = {
      ...TRIANGLE,
      encoding: 'U8_SQRT',
      codes: Uint8Array.from([0, 0, 0, 10, 0, 0, 0, 0, 0, 30, 0, 0]),
    };
    const { errors } = predictingRow(bytes, [0, 1]);
    expect(errors[0]).toBeCloseTo(20.25 / 65025, 12);
  });

  it('is not applicable where the mask says so', () => {
    const short = { ...TRIANGLE, queries: 2 };
    expect(predictingRow(short, [0]).values[2]).toBeNaN();
  });
});

describe('a row as the output of a softmax', () => {
  it('adds up over the keys the query may attend to', () => {
    const row = softmaxRow(TRIANGLE, 0, 1);
    expect([row.keys, row.sum, row.strongest, row.error]).toEqual([2, 1, 1, 0]);
    expect(row.readings[2]).toBeNull();
  });

  it('is within the sum of the bounds of its cells', () => {
    const codes = Uint8Array.from([255, 128, 221, 147, 147, 148, 0, 0, 0, 0, 0, 0]);
    const row = softmaxRow({ ...TRIANGLE, encoding: 'U8_SQRT', codes }, 0, 2);
    expect(row.error).toBeCloseTo((147.25 + 147.25 + 148.25) / 65025, 12);
    expect(Math.abs(row.sum - 1)).toBeLessThan(row.error);
  });
});
