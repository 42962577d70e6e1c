import { describe, expect, it } from 'vitest';
import { tableOf } from '../../src/color/tables';
import { rangeOfRows, stripPixels } from '../../src/heatmap/strip';

describe('a strip', () => {
  it('is neutral at 0, symmetric around it, and nothing where there is no number', () => {
    const rows = [[-2, 0, 2, null]];
    expect(rangeOfRows(rows)).toBe(2);
    const pixels = stripPixels(rows, 2);
    const at = (x: number): number[] => [...pixels.slice(4 * x, 4 * x + 4)];
    const table = tableOf('puor');
    const level = (l: number): number[] => [...table.slice(3 * l, 3 * l + 3), 255];
    expect([at(0), at(1), at(2), at(3)]).toEqual([level(0), level(128), level(255), [0, 0, 0, 0]]);
  });

  it('has a range even if all is 0', () => {
    expect(rangeOfRows([[0, 0]])).toBe(1);
    expect(rangeOfRows([])).toBe(1);
  });
});
