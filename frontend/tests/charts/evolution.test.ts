import { describe, expect, it } from 'vitest';
import { picks } from '../../src/charts/evolution';
import { paintColumns } from '../../src/heatmap/columns';
import { tableOf } from '../../src/color/tables';

const track = { steps: [0, 10, 20, 30], at: [0, 1 / 3, 2 / 3, 1] };
const palette = { table: 'cividis', scale: { kind: 'linear', top: 1 } } as const;

describe('the step of a pixel', () => {
  it('is the newest loaded one that is not later', () => {
    const shown = picks(track, [], [0, 20, 30], 12);
    expect(shown.slice(0, 7)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(shown.slice(8)).toEqual([20, 20, 20, 30]);
  });

  it('is nothing before anything is loaded', () => {
    expect(picks(track, [], [20], 6)[0]).toBeNull();
    expect(new Set(picks(track, [], [], 6))).toEqual(new Set([null]));
  });

  it('is a gap where frames are missing, and never the step before it', () => {
    const gap = { first_step: 12, last_step: 18, frame_count: 7, reason: 'dropped', detail: '' };
    const shown = picks(track, [gap], [0, 10, 20, 30], 30);
    expect(shown.filter((pick) => pick === 'gap').length).toBeGreaterThan(5);
    expect(shown[10]).toBe(10);
    expect(shown[15]).toBe('gap');
  });
});

describe('painted columns', () => {
  it('show each value with its colour, and nothing where there is none', () => {
    const { width, height, rgba } = paintColumns([[0, 1], null, [NaN, 0.5]], 2, palette);
    expect([width, height]).toEqual([3, 2]);
    const table = tableOf('cividis');
    const pixel = (x: number, y: number): number[] => [...rgba.slice(4 * (y * 3 + x)).slice(0, 4)];
    expect(pixel(0, 0)).toEqual([...table.slice(0, 3), 255]);
    expect(pixel(0, 1)).toEqual([...table.slice(765, 768), 255]);
    expect([pixel(1, 0)[3], pixel(1, 1)[3], pixel(2, 0)[3], pixel(2, 1)[3]]).toEqual([
      0, 0, 0, 255,
    ]);
  });
});
