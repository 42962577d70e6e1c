import { describe, expect, it } from 'vitest';
import {
  largestCells,
  largestTile,
  overviewFrame,
  overviewOf,
  spanOf,
  tileAt,
} from '../../src/analysis/overview';
import { peakOf, tilePeakOf } from '../../src/analysis/peak';
import { read, type Attention } from '../../src/data/attention';
import type { Reduced } from '../../src/data/reduced';

/** Four queries and keys in two tiles each, two heads; codes of bytes. */
function reduced(more: Partial<Reduced> = {}, attention: Partial<Attention> = {}): Attention {
  const kept: Reduced = {
    queries: 4,
    tileQueries: 2,
    tileKeys: 2,
    topK: 1,
    mean: Uint8Array.from([10, 0, 20, 30, 40, 0, 50, 60]),
    maximum: Uint8Array.from([110, 0, 120, 130, 140, 0, 150, 160]),
    top: Uint8Array.from([255, 200, 100, 0, 1, 2, 3, 4]),
    topKeys: Uint16Array.from([0, 1, 2, 3, 0, 0, 0, 0]),
    ...more,
  };
  return {
    step: 5,
    heads: 2,
    queries: 1,
    keys: 4,
    queryOffset: 3,
    keyOffset: 0,
    encoding: 'U8_SQRT',
    layout: 'FULL',
    codes: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]),
    reduced: kept,
    ...attention,
  };
}

describe('tiles', () => {
  it.each([
    [4, 4],
    [3, 10],
    [7, 9],
    [256, 4096],
    [197, 4096],
  ])('%i over %i places cover each place once, and know their places', (tiles, length) => {
    const seen = Array.from({ length: tiles }, (_, tile) => spanOf(tile, tiles, length));
    expect(seen[0]?.first).toBe(0);
    expect(seen.at(-1)?.last).toBe(length - 1);
    seen.forEach(({ first, last }, tile) => {
      if (tile > 0) expect(first).toBe((seen[tile - 1]?.last ?? 0) + 1);
      expect([tileAt(first, tiles, length), tileAt(last, tiles, length)]).toEqual([tile, tile]);
      expect(last - first + 1).toBeLessThanOrEqual(largestTile(tiles, length));
    });
  });
});

describe('the overview', () => {
  it('is the section that was asked for, and says so', () => {
    const mean = overviewOf(reduced(), 'mean', false);
    expect(mean).toMatchObject({ queries: 2, keys: 2, layout: 'FULL' });
    expect(mean?.tiles).toEqual({
      aggregate: 'mean',
      queries: 4,
      keys: 4,
      queryOffset: 0,
      keyOffset: 0,
    });
    expect(read(mean as Attention, 1, 1, 0)?.value).toBeCloseTo((50 / 255) ** 2);
    const maximum = overviewOf(reduced(), 'maximum', false) as Attention;
    expect(read(maximum, 0, 1, 1)?.value).toBeCloseTo((130 / 255) ** 2);
  });

  it('has nothing applicable above the diagonal of a causal layer', () => {
    const picture = overviewOf(reduced(), 'mean', true) as Attention;
    expect(picture.layout).toBe('LOWER_TRIANGLE');
    expect(read(picture, 0, 0, 1)).toBeNull();
    expect([...picture.codes]).toEqual([10, 20, 30, 40, 50, 60]);
  });

  it.each([
    ['something is there', reduced({ maximum: Uint8Array.from([9, 9, 9, 9, 9, 9, 9, 9]) })],
    ['there are more keys than queries', reduced({}, { keys: 5 })],
  ])('shows what is above the diagonal where %s', (_, attention) => {
    expect(overviewOf(attention, 'mean', true)?.layout).toBe('FULL');
  });

  it('is made once, so that nothing is drawn again', () => {
    const attention = reduced();
    expect(overviewOf(attention, 'mean', true)).toBe(overviewOf(attention, 'mean', true));
    const frame = { kind: 'ready', step: 5, attention } as const;
    expect(overviewFrame(frame, 'mean', true)).toBe(overviewFrame(frame, 'mean', true));
  });

  it('is not there where nothing was reduced: the frame is its own picture', () => {
    const { reduced: _, ...whole } = reduced();
    const frame = { kind: 'ready', step: 5, attention: whole } as const;
    expect(overviewOf(whole, 'mean', true)).toBeNull();
    expect(overviewFrame(frame, 'mean', true)).toBe(frame);
    expect(overviewFrame(undefined, 'mean', true)).toBeUndefined();
  });
});

describe('the largest cells', () => {
  it('are those of the queries asked for, largest first, without zeros', () => {
    const cells = largestCells(reduced(), 0, { first: 1, last: 3 }, 10);
    expect(cells.map(({ query, key }) => [query, key])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(cells[0]?.value).toBeCloseTo((200 / 255) ** 2);
    expect(largestCells(reduced(), 1, { first: 0, last: 3 }, 1)).toMatchObject([{ query: 3 }]);
  });
});

describe('the upper end of the scale', () => {
  it('is the largest weight of any query, and of tiles the largest tile', () => {
    expect(peakOf(reduced())).toBeCloseTo((160 / 255) ** 2);
    expect(tilePeakOf(reduced(), 'mean')).toBeCloseTo((60 / 255) ** 2);
    expect(tilePeakOf(reduced(), 'maximum')).toBeCloseTo((160 / 255) ** 2);
    const { reduced: _, ...whole } = reduced();
    expect(tilePeakOf(whole, 'mean')).toBe(0);
  });

  it('leaves out the first rows of tiles, whose few keys have large weights of necessity', () => {
    const mean = new Uint8Array(64).fill(3);
    mean[0] = 255;
    const eight = { tileQueries: 8, tileKeys: 8, mean, maximum: mean };
    expect(tilePeakOf(reduced(eight, { heads: 1 }), 'mean')).toBeCloseTo((3 / 255) ** 2);
  });
});
