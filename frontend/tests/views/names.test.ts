/** Titles stand at the cells they belong to, also where the axis and the frame differ in length. */
import { describe, expect, it } from 'vitest';
import type { Attention } from '../../src/data/attention';
import type { Layer } from '../../src/data/schema';
import { axisNames, meanNames } from '../../src/views/names';
import { run } from '../fake_server';

const items = new Map(
  ['red mug', 'blue mug', ''].map((label, index) => [
    index,
    { index, id: `i${index}`, label, attributes: {} },
  ]),
);

describe('names along an axis', () => {
  it('are the items, by title or id', () => {
    expect(axisNames(items, [1, 0, 2], 0, 3)).toEqual(['blue mug', 'red mug', 'i2']);
  });

  it('begin later when the frame holds the newest items only', () => {
    expect(axisNames(items, [1, 0, 2], 1, 2)).toEqual(['red mug', 'i2']);
  });

  it('begin with padding when the model attends to it', () => {
    expect(axisNames(items, [1, 0], -2, 4)).toEqual(['padding', 'padding', 'blue mug', 'red mug']);
  });

  it('are positions when the log names no items', () => {
    expect(axisNames(items, [], 0, 2)).toEqual(['#1', '#2']);
  });
});

describe('names along a mean over users', () => {
  const [self] = run('a').layers as [Layer];
  const target = { ...self, kind: 'target', query_axis: 'candidate' };
  const mean = (usersOfQuery: number[]): Attention => ({
    step: 1,
    heads: 1,
    queries: 2,
    keys: 3,
    queryOffset: 0,
    keyOffset: 0,
    encoding: 'U8_SQRT',
    layout: 'FULL',
    codes: new Uint8Array(6),
    derived: { kind: 'mean', users: 4, of: 4, usersOfQuery },
  });

  it('count a history back from the newest item', () => {
    expect(meanNames(self, mean([4, 4]), 'query')).toEqual(['newest − 1', 'newest']);
    expect(meanNames(target, mean([4, 4]), 'key')).toEqual(['newest − 2', 'newest − 1', 'newest']);
  });

  it('number candidates where everyone has as many', () => {
    expect(meanNames(target, mean([4, 4]), 'query')).toEqual(['candidate #1', 'candidate #2']);
  });

  it('count candidates back from the last where some have fewer: they are aligned there', () => {
    expect(meanNames(target, mean([3, 4]), 'query')).toEqual([
      'last candidate − 1',
      'last candidate',
    ]);
  });
});
