import { describe, expect, it } from 'vitest';
import { cellAt, cellSide, labelled, moved } from '../../src/heatmap/geometry';
import { CanvasRenderer } from '../../src/heatmap/renderer';

const shape = { queries: 4, keys: 5 };
const limits = { least: 2, most: 32 };

describe('the side of a cell', () => {
  it.each([1, 1.25, 1.5, 2, 3])('is a whole number of device pixels at %f', (pixelRatio) => {
    const side = cellSide(
      { queries: 37, keys: 41 },
      { width: 511, height: 487, pixelRatio },
      limits,
    );
    expect(side * pixelRatio).toBeCloseTo(Math.round(side * pixelRatio), 9);
    expect(41 * side).toBeLessThanOrEqual(511);
  });

  it('stays within its limits', () => {
    const room = { width: 1000, height: 1000, pixelRatio: 1 };
    expect(cellSide({ queries: 2, keys: 2 }, room, limits)).toBe(32);
    expect(cellSide({ queries: 2000, keys: 2000 }, room, limits)).toBe(2);
  });

  it('is at least one device pixel, even in no room', () => {
    const room = { width: 0, height: 0, pixelRatio: 2 };
    expect(cellSide(shape, room, { least: 0, most: 9 })).toBe(0.5);
  });
});

describe('the cell at a point', () => {
  it('is found to the edge, and not beyond', () => {
    expect(cellAt(0, 0, 10, shape)).toEqual({ query: 0, key: 0 });
    expect(cellAt(49.9, 39.9, 10, shape)).toEqual({ query: 3, key: 4 });
    expect([cellAt(50, 0, 10, shape), cellAt(0, 40, 10, shape), cellAt(-1, 0, 10, shape)]).toEqual([
      null,
      null,
      null,
    ]);
  });
});

describe('moving by keys', () => {
  const at = { query: 1, key: 1 };

  it.each([
    ['ArrowUp', { query: 0, key: 1 }],
    ['ArrowDown', { query: 2, key: 1 }],
    ['ArrowLeft', { query: 1, key: 0 }],
    ['ArrowRight', { query: 1, key: 2 }],
    ['Home', { query: 1, key: 0 }],
    ['End', { query: 1, key: 4 }],
    ['PageDown', { query: 3, key: 1 }],
    ['PageUp', { query: 0, key: 1 }],
  ])('%s', (key, cell) => expect(moved(at, key, shape)).toEqual(cell));

  it('stops at the edges and leaves other keys alone', () => {
    expect(moved({ query: 0, key: 0 }, 'ArrowUp', shape)).toEqual({ query: 0, key: 0 });
    expect(moved(at, 'x', shape)).toBeNull();
  });
});

describe('labels', () => {
  it('are all there when there is room, and always include the newest', () => {
    expect(labelled(4, 20, 13)).toEqual([0, 1, 2, 3]);
    expect(labelled(6, 6, 13)).toEqual([2, 5]);
    expect(labelled(0, 6, 13)).toEqual([]);
  });
});

describe('the canvas renderer', () => {
  it('gives the canvas one pixel per cell', () => {
    const put: ImageData[] = [];
    class FakeImageData {
      constructor(
        readonly data: Uint8ClampedArray,
        readonly width: number,
        readonly height: number,
      ) {}
    }
    Object.assign(globalThis, { ImageData: FakeImageData });
    const context = {
      putImageData: (image: ImageData) => put.push(image),
      clearRect: () => undefined,
    };
    const canvas = {
      width: 9,
      height: 9,
      getContext: () => context,
    } as unknown as HTMLCanvasElement;
    const attention = {
      step: 0,
      heads: 1,
      queries: 2,
      keys: 3,
      queryOffset: 0,
      keyOffset: 0,
      encoding: 'U8_SQRT',
      layout: 'FULL',
      codes: new Uint8Array(6),
    } as const;
    new CanvasRenderer().draw(canvas, attention, 0, {
      table: 'greys',
      scale: { kind: 'linear', top: 1 },
    });
    expect([canvas.width, canvas.height]).toEqual([3, 2]);
    expect([put[0]?.width, put[0]?.height, put.length]).toEqual([3, 2, 1]);
  });
});
