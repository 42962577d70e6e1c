import { describe, expect, it } from 'vitest';
import { scoresOf, typeOf } from '../../src/analysis/head_type';
import type { Attention } from '../../src/data/attention';

const SIZE = 12;

/** A causal head whose row `q` is `rowOf(q)`, made to sum to 1. */
function head(weight: (query: number, key: number) => number): Attention {
  const codes: number[] = [];
  for (let query = 0; query < SIZE; query += 1) {
    const row = Array.from({ length: query + 1 }, (_, key) => weight(query, key));
    const sum = row.reduce((a, b) => a + b, 0) || 1;
    codes.push(...row.map((w) => w / sum));
  }
  return {
    step: 0,
    heads: 1,
    queries: SIZE,
    keys: SIZE,
    queryOffset: 0,
    keyOffset: 0,
    encoding: 'F32',
    layout: 'LOWER_TRIANGLE',
    codes: Float32Array.from(codes),
  };
}
const kindOf = (attention: Attention, sameAxis = true): string =>
  typeOf(scoresOf(attention, 0, sameAxis)).kind;

describe('the type of a head', () => {
  it.each([
    ['self', (q: number, k: number) => (k === q ? 20 : 1)],
    ['previous', (q: number, k: number) => (k === q - 1 ? 20 : 1)],
    ['recent', (q: number, k: number) => (q - k < 3 ? 10 : 1)],
    ['first', (_: number, k: number) => (k === 0 ? 20 : 1)],
    ['uniform', () => 1],
    ['mixed', (q: number, k: number) => 1 + ((q * 7 + k * 5) % 4)],
  ] as const)('is %s', (kind, weight) => expect(kindOf(head(weight))).toBe(kind));

  it('counts positions by item, not by row, where the history is cropped', () => {
    const { queries, keys } = { queries: 2, keys: 6 };
    const codes = Float32Array.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0]);
    const cropped = { ...head(() => 1), queries, keys, queryOffset: 4, codes };
    const scores = scoresOf({ ...cropped, layout: 'FULL' }, 0, true);
    expect(scores).toMatchObject({ self: 0, previous: 1, recent: 1, first: 0, evenness: 0 });
  });

  it('knows no self and no previous where queries and keys are different things', () => {
    const scores = scoresOf(
      head((q, k) => (k === q ? 20 : 1)),
      0,
      false,
    );
    expect([scores.self, scores.previous, scores.recent]).toEqual([null, null, null]);
    expect(typeOf(scores).kind).toBe('mixed');
  });

  it('carries the score it rests on', () => {
    const type = typeOf(
      scoresOf(
        head(() => 1),
        0,
        true,
      ),
    );
    expect(type.score).toBeCloseTo(1, 6);
    expect(type.scores.first).toBeCloseTo(
      [4, 5, 6, 7, 8, 9, 10, 11, 12].reduce((sum, n) => sum + 1 / n, 0) / 9,
      6,
    );
  });
});
