/** Titles stand at the cells they belong to, also where the axis and the frame differ in length. */
import { describe, expect, it } from 'vitest';
import { axisNames } from '../../src/views/names';

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
