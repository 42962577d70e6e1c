import { describe, expect, it } from 'vitest';
import { alertsOf, KINDS } from '../../src/analysis/alerts';
import { keysOfQuery, uniformBits } from '../../src/analysis/entropy';
import { lastRowOf, valueAtPosition } from '../../src/analysis/last_row';
import { peakOf, roundUp } from '../../src/analysis/peak';
import { coarseToFine, thinned } from '../../src/analysis/thinning';
import type { Attention } from '../../src/data/attention';
import type { Measures } from '../../src/data/schema';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('thinning', () => {
  it.each([0, 1, 2, 399, 400, 401, 1056, 100_000])(
    'keeps at most 400 (and the last) of %i',
    (n) => {
      const { indices, every } = thinned(n, 400);
      expect(indices.length).toBeLessThanOrEqual(401);
      expect(indices.at(-1)).toBe(n === 0 ? undefined : n - 1);
      expect(indices.slice(0, -1).every((index, i) => index === i * every)).toBe(true);
      if (n > 0) expect(indices[0]).toBe(0);
    },
  );

  it('keeps what it chose when a training goes on', () => {
    const before = thinned(1000, 400);
    const after = new Set(thinned(1100, 400).indices);
    expect(before.every).toBe(4);
    expect(before.indices.slice(0, -1).every((index) => after.has(index))).toBe(true);
  });

  it.each([0, 1, 2, 3, 17, 64])('orders %i from coarse to fine, each once', (n) => {
    const order = coarseToFine(range(n));
    expect([...order].sort((a, b) => a - b)).toEqual(range(n));
    if (n > 1) expect(order.slice(0, 2)).toEqual([n - 1, 0]);
  });
});

describe('even attention', () => {
  it('has the entropy of its number of keys', () => {
    expect(uniformBits({ queries: 4, keys: 8, causal: false })).toBe(3);
    expect(uniformBits({ queries: 2, keys: 2, causal: true })).toBe(0.5);
    expect(range(3).map((q) => keysOfQuery({ queries: 3, keys: 3, causal: true }, q))).toEqual([
      1, 2, 3,
    ]);
  });
});

describe('alerts', () => {
  const measures = (entropy: number[], sink: number[]): Measures => ({
    run: 'r',
    layer: 'l',
    user: 0,
    steps: range(entropy.length),
    measures: { entropy_bits: entropy.map((e) => [e]), sink_share: sink.map((s) => [s]) },
  });
  const twenty = (value: number): number[] => range(20).map(() => value);
  const kinds = (m: Measures, step = 100): string[] => alertsOf(m, 0, step, 3).map((a) => a.kind);

  it('name a collapsed, a uniform and a sink head', () => {
    expect(kinds(measures(twenty(0.01), twenty(0.1)))).toEqual(['collapsed']);
    expect(kinds(measures(twenty(2.99), twenty(0.1)))).toEqual(['uniform']);
    expect(kinds(measures(twenty(1), twenty(0.9)))).toEqual(['sink']);
    expect(kinds(measures(twenty(1), twenty(0.1)))).toEqual([]);
  });

  it('look at the recent steps up to the cursor only', () => {
    const entropy = range(40).map((step) => (step < 20 ? 2 : 0));
    expect(kinds(measures(entropy, twenty(0)), 19)).toEqual([]);
    expect(kinds(measures(entropy, twenty(0)), 39)).toEqual(['collapsed']);
  });

  it('name a duplicate, unless it is uniform or a sink already', () => {
    const alike = { head_similarity: twenty(0.99).map((value) => [value]) };
    const known = (entropy: number, sink: number): Measures => {
      const found = measures(twenty(entropy), twenty(sink));
      return { ...found, measures: { ...found.measures, ...alike } };
    };
    expect(kinds(known(1, 0.1))).toEqual(['duplicate']);
    expect(kinds(known(0.05, 0.1))).toEqual(['collapsed', 'duplicate']);
    expect(kinds(known(2.99, 0.1))).toEqual(['uniform']);
    expect(kinds(known(1, 0.9))).toEqual(['sink']);
  });

  it('call a uniform head dead once it is known that nothing rests on it', () => {
    const two = (value: number): number[][] => range(20).map(() => [value, 1]);
    const importance = (own: number): (number | null)[][] =>
      range(20).map((step) => (step === 12 ? [own, 2] : [null, null]));
    const known = (own: number): Measures => ({
      ...measures([], []),
      steps: range(20),
      measures: { entropy_bits: two(2.99), importance: importance(own) },
    });
    expect(kinds(known(0.001))).toEqual(['dead']);
    expect(kinds(known(0.001), 11)).toEqual(['uniform']);
    expect(kinds(known(0.5))).toEqual(['uniform']);
    expect(kinds(known(0))).toEqual(['dead']);
  });

  it('tell a sudden change while it is recent, with its size', () => {
    const entropy = range(40).map((step) => (step < 20 ? 1 : 2));
    const found = alertsOf(measures(entropy, twenty(0)), 0, 21, 3);
    expect(found.map(({ kind, mean }) => [kind, mean])).toEqual([['sudden', 1]]);
    expect(kinds(measures(entropy, twenty(0)), 19)).toEqual([]);
    expect(kinds(measures(entropy, twenty(0)), 39)).toEqual([]);
  });

  it('are told in one order', () => {
    expect(KINDS).toEqual(['collapsed', 'uniform', 'dead', 'sink', 'duplicate', 'sudden']);
  });

  it('say nothing where there are too few keys to tell anything', () => {
    expect(alertsOf(measures(twenty(0), twenty(1)), 0, 100, 0)).toEqual([]);
  });

  it('say nothing of what was not measured', () => {
    expect(kinds({ ...measures([], []), measures: {} })).toEqual([]);
    expect(kinds(measures([0], [0]), -1)).toEqual([]);
  });
});

const attention: Attention = {
  step: 3,
  heads: 2,
  queries: 2,
  keys: 2,
  queryOffset: 5,
  keyOffset: 5,
  encoding: 'F32',
  layout: 'LOWER_TRIANGLE',
  codes: Float32Array.from([1, 0.25, 0.75, 1, 0.5, 0.5]),
};

describe('the last row', () => {
  it('is what the newest query attends to, by position on the axis', () => {
    const row = lastRowOf({ kind: 'ready', step: 3, attention });
    expect([5, 6].map((position) => valueAtPosition(row, 0, position))).toEqual([0.25, 0.75]);
    expect([5, 6].map((position) => valueAtPosition(row, 1, position))).toEqual([0.5, 0.5]);
    expect([4, 7].map((position) => valueAtPosition(row, 1, position))).toEqual([NaN, NaN]);
  });

  it('is absent where the frame is', () => {
    const row = lastRowOf({ kind: 'absent', step: 3, reason: 'rejected', detail: 'NaN' });
    expect([row.kind, valueAtPosition(row, 0, 5)]).toEqual(['absent', NaN]);
  });
});

describe('the peak', () => {
  it('leaves out queries with few keys, unless there are no others', () => {
    expect(peakOf(attention)).toBe(1);
    const even = range(9).flatMap((q) => range(q + 1).map(() => 1 / (q + 1)));
    const long = { ...attention, heads: 1, queries: 9, keys: 9, codes: Float32Array.from(even) };
    expect(peakOf(long)).toBeCloseTo(1 / 8);
  });

  it('is rounded up to a number that is easy to read', () => {
    expect([0, 0.0021, 0.13, 0.4, 0.41, 0.9, 1, 2].map(roundUp)).toEqual([
      1,
      expect.closeTo(0.003),
      expect.closeTo(0.15),
      expect.closeTo(0.4),
      expect.closeTo(0.5),
      1,
      1,
      1,
    ]);
  });
});
