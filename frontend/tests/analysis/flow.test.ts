import { describe, expect, it } from 'vitest';
import { edgesOf, flowOf } from '../../src/analysis/flow';
import { linePath, STRENGTHS, strandsOf } from '../../src/charts/flow';
import type { Attention } from '../../src/data/attention';

const attention: Attention = {
  step: 0,
  heads: 1,
  queries: 3,
  keys: 3,
  queryOffset: 0,
  keyOffset: 0,
  encoding: 'F32',
  layout: 'LOWER_TRIANGLE',
  codes: Float32Array.from([1, 0.25, 0.75, 0.125, 0.5, 0.375]),
};
const scale = { kind: 'linear', top: 1 } as const;
const room = { width: 100, keyY: (key: number) => 10 * key, queryY: (query: number) => 10 * query };

describe('a flow', () => {
  it('has the strongest keys of each query, of equal ones the earlier', () => {
    expect(edgesOf(attention, 0, 2, 2).map(({ key }) => key)).toEqual([1, 2]);
    const even = { ...attention, codes: Float32Array.from([1, 0.5, 0.5, 1 / 3, 1 / 3, 1 / 3]) };
    expect(edgesOf(even, 0, 2, 2).map(({ key }) => key)).toEqual([0, 1]);
  });

  it('has no line for what is zero or not applicable', () => {
    const first = { ...attention, codes: Float32Array.from([1, 0, 1, 0, 0, 1]) };
    expect(flowOf(first, 0, [0, 1, 2], 10).edges).toHaveLength(3);
  });

  it('says what share of the attention it draws, weakest line first', () => {
    const flow = flowOf(attention, 0, [0, 1, 2], 1);
    expect(flow.edges.map(({ value }) => value)).toEqual([0.5, 0.75, 1]);
    expect(flow.share).toBeCloseTo((1 + 0.75 + 0.5) / 3, 6);
    expect(flow.least).toBe(0.5);
    expect(flowOf(attention, 0, [2], 10).share).toBeCloseTo(1, 6);
    expect(flowOf(attention, 0, [], 3)).toEqual({ edges: [], share: 0, least: 0 });
  });
});

describe('strands', () => {
  it('hold every line once, in at most eight paths, however many lines there are', () => {
    const edges = Array.from({ length: 2000 }, (_, i) => ({
      query: i % 200,
      key: i % 50,
      value: (i + 1) / 2000,
    }));
    const strands = strandsOf(edges, scale, room);
    expect(strands.length).toBe(STRENGTHS);
    const lines = strands.reduce((sum, { d }) => sum + (d.match(/M/g) ?? []).length, 0);
    expect(lines).toBe(2000);
  });

  it('are as strong as the scale says', () => {
    const strands = strandsOf([{ query: 0, key: 0, value: 0.25 }], scale, room);
    expect(strands.map(({ strength }) => strength)).toEqual([0.25]);
    const sqrt = strandsOf([{ query: 0, key: 0, value: 0.25 }], { kind: 'sqrt', top: 1 }, room);
    expect(sqrt.map(({ strength }) => strength)).toEqual([0.5]);
  });

  it('go from the key at the left to the query at the right', () => {
    expect(linePath({ query: 2, key: 1, value: 1 }, room)).toBe('M0 10C40 10 60 20 100 20');
  });
});
