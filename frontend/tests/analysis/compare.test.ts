import { describe, expect, it } from 'vitest';
import { surenessOf, unpaired } from '../../src/analysis/confidence';
import { commonOf, differenceOf } from '../../src/analysis/difference';
import { distanceOf, jensenShannonBits, topKeys, topOverlap } from '../../src/analysis/distance';
import type { Attention } from '../../src/data/attention';

/** Numbers that look random and are the same every time. */
function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
function distribution(length: number, next: () => number): number[] {
  const weights = Array.from({ length }, () => (next() < 0.2 ? 0 : next()));
  weights[0] = (weights[0] ?? 0) + 0.01;
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}
const entropy = (p: readonly number[]): number =>
  p.reduce((sum, x) => (x > 0 ? sum - x * Math.log2(x) : sum), 0);
const seeds = Array.from({ length: 40 }, (_, i) => i + 1);

describe('the Jensen–Shannon divergence', () => {
  it.each(seeds)('is H(m) − (H(p) + H(q)) / 2, for any two distributions (%i)', (seed) => {
    const next = randoms(seed);
    const length = 1 + Math.floor(next() * 40);
    const [p, q] = [distribution(length, next), distribution(length, next)];
    const mean = p.map((x, i) => (x + (q[i] ?? 0)) / 2);
    const plain = entropy(mean) - (entropy(p) + entropy(q)) / 2;
    expect(jensenShannonBits(p, q)).toBeCloseTo(plain, 10);
    expect(jensenShannonBits(q, p)).toBeCloseTo(plain, 10);
    expect(jensenShannonBits(p, p)).toBeCloseTo(0, 12);
    expect(
      jensenShannonBits(
        p.map((x) => 3 * x),
        q,
      ),
    ).toBeCloseTo(plain, 10);
  });

  it('is 1 bit for what has nothing in common, and nothing for an empty row', () => {
    expect(jensenShannonBits([1, 0, 0], [0, 0.5, 0.5])).toBe(1);
    expect(jensenShannonBits([1, NaN], [1, NaN])).toBe(0);
    expect(jensenShannonBits([0, 0], [0, 1])).toBeNaN();
    expect(jensenShannonBits([1], [0, 1])).toBeNaN();
  });
});

describe('the overlap of the strongest keys', () => {
  it.each(seeds)('is the size of the intersection of two sets (%i)', (seed) => {
    const next = randoms(seed);
    const [p, q] = [distribution(20, next), distribution(20, next)];
    const top = (row: number[]): Set<number> =>
      new Set([...row.keys()].sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0)).slice(0, 5));
    expect(topOverlap(p, q)).toBeCloseTo([...top(p)].filter((key) => top(q).has(key)).length / 5);
    expect(topOverlap(p, p)).toBe(1);
  });

  it('takes what there is of short rows, and the earlier of equal keys', () => {
    expect(topOverlap([0.5, 0.5], [1, 0])).toBe(0.5);
    expect(topKeys([0.2, 0.2, 0.6, NaN], 2)).toEqual([2, 0]);
    expect(topOverlap([0], [1])).toBeNaN();
  });
});

const frame = (codes: number[], size: number, more: Partial<Attention> = {}): Attention => ({
  step: 1,
  heads: 1,
  queries: size,
  keys: size,
  queryOffset: 0,
  keyOffset: 0,
  encoding: 'F32',
  layout: 'LOWER_TRIANGLE',
  codes: Float32Array.from(codes),
  ...more,
});

describe('two heads', () => {
  const a = { attention: frame([1, 1, 0], 2), head: 0 };
  const b = { attention: frame([1, 0, 1], 2), head: 0 };

  it('are as far apart as their rows on average', () => {
    expect(distanceOf(a, b)).toEqual({ bits: 0.5, overlap: 0.5, rows: 2 });
    expect(distanceOf(a, a)).toEqual({ bits: 0, overlap: 1, rows: 2 });
  });

  it('differ by their cells, and not where a cell is not applicable', () => {
    expect([...differenceOf(a, b).codes]).toEqual([0, NaN, 1, -1]);
  });

  it('of different lengths differ on the newest items', () => {
    const long = { attention: frame([1, 0.4, 0.6, 0.2, 0.3, 0.5], 3), head: 0 };
    const cells = [...differenceOf(long, a).codes];
    [expect.closeTo(-0.4), NaN, expect.closeTo(-0.7), expect.closeTo(0.5)].forEach((cell, i) =>
      expect(cells[i]).toEqual(cell),
    );
  });
});

describe('what can be compared', () => {
  const axes = (items: string): { queries: string[]; keys: string[] } => ({
    queries: [...items],
    keys: [...items],
  });

  it('is everything for the same items, the newest for a shorter history, else nothing', () => {
    expect(commonOf(axes('abc'), axes('abc'))).toEqual({ kind: 'same' });
    expect(commonOf(axes('abc'), axes('bc'))).toEqual({ kind: 'newest', queries: 2, keys: 2 });
    expect(commonOf(axes('abc'), axes('abd'))).toEqual({ kind: 'nothing' });
    expect(commonOf(axes('abc'), axes('zbc'))).toEqual({ kind: 'nothing' });
    expect(commonOf(axes('abc'), axes(''))).toEqual({ kind: 'nothing' });
  });
});

describe('how far a pair of heads can be relied on', () => {
  it.each([
    [null, null],
    [0.3, 'clear'],
    [0.05, 'clear'],
    [0.02, 'close'],
    [0.0001, 'same'],
    [-0.0001, 'same'],
    [-0.02, 'contested'],
  ] as const)('is, at a margin of %s, %s', (margin, word) => expect(surenessOf(margin)).toBe(word));

  it('leaves heads without a partner', () => {
    expect(unpaired(4, [2, 0])).toEqual([1, 3]);
    expect(unpaired(2, [1, 0])).toEqual([]);
  });
});
