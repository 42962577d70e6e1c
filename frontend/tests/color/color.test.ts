import { describe, expect, it } from 'vitest';
import committed from '../../src/color/luts.ts?raw';
import { RunPalette } from '../../src/color/run_palette';
import { legendTicks, levelOf, positionOf, SCALE_KINDS, valueAt } from '../../src/color/scale';
import { cssOf, gradientOf, TABLE_NAMES, tableOf } from '../../src/color/tables';
import { generate } from '../../scripts/generate_luts.mjs';

describe('colour tables', () => {
  it('are what the script generates', () => {
    expect(committed).toBe(generate());
  });

  it.each(TABLE_NAMES)('%s has 256 colours that grow lighter', (name) => {
    const table = tableOf(name);
    expect(table.length).toBe(768);
    const luminance = (i: number): number =>
      0.2126 * (table[3 * i] ?? 0) +
      0.7152 * (table[3 * i + 1] ?? 0) +
      0.0722 * (table[3 * i + 2] ?? 0);
    for (let i = 16; i < 256; i += 16) expect(luminance(i)).toBeGreaterThan(luminance(i - 16));
  });

  it('begins with cividis, whose ends are known', () => {
    expect(TABLE_NAMES[0]).toBe('cividis');
    expect([cssOf('cividis', 0), cssOf('cividis', 255)]).toEqual([
      'rgb(0 32 81)',
      'rgb(253 234 69)',
    ]);
  });

  it('makes a gradient that ends with the last colour', () => {
    expect(gradientOf('greys', 'to right').endsWith(`${cssOf('greys', 255)})`)).toBe(true);
  });
});

describe('the diverging table', () => {
  it('is neutral in the middle, and dark at both ends', () => {
    const table = tableOf('puor');
    const pixel = (i: number): number[] => [...table.slice(3 * i, 3 * i + 3)];
    for (const channel of [...pixel(127), ...pixel(128)]) expect(channel).toBeGreaterThan(230);
    expect(pixel(0)[2]).toBeGreaterThan(pixel(0)[0] as number);
    expect(pixel(255)[0]).toBeGreaterThan(pixel(255)[2] as number);
  });

  it.each(SCALE_KINDS)('has the same distance from the middle for both signs: %s', (kind) => {
    const scale = { kind, top: 0.5, signed: true };
    expect([-0.5, 0, 0.5, 9, -9].map((v) => positionOf(v, scale))).toEqual([0, 0.5, 1, 1, 0]);
    for (let v = 0.01; v < 0.5; v += 0.01)
      expect(positionOf(v, scale) + positionOf(-v, scale)).toBeCloseTo(1, 12);
    expect(legendTicks(scale)).toEqual([-0.5, -0.125, 0, 0.125, 0.5]);
  });
});

describe('scales', () => {
  it('show a stored byte at its own level on the default scale', () => {
    for (let code = 0; code < 256; code += 1) {
      expect(levelOf((code / 255) ** 2, { kind: 'sqrt', top: 1 })).toBe(code);
    }
  });

  it.each(SCALE_KINDS)('%s goes from end to end and never down', (kind) => {
    const scale = { kind, top: 0.5 };
    expect([levelOf(0, scale), levelOf(0.5, scale), levelOf(1, scale)]).toEqual([0, 255, 255]);
    for (let v = 0.01; v < 0.5; v += 0.01) {
      expect(positionOf(v, scale)).toBeGreaterThanOrEqual(positionOf(v - 0.01, scale));
    }
  });

  it.each(SCALE_KINDS)('%s has an inverse', (kind) => {
    const scale = { kind, top: 0.25 };
    for (const position of [0, 0.2, 0.5, 1]) {
      expect(positionOf(valueAt(position, scale), scale)).toBeCloseTo(position, 9);
    }
  });

  it.each(SCALE_KINDS)('%s has ticks from zero to its upper end', (kind) => {
    const ticks = legendTicks({ kind, top: 0.5 });
    expect([ticks[0], ticks.at(-1)]).toEqual([0, 0.5]);
  });

  it('of logarithms shows anything four decades down as zero', () => {
    expect(levelOf(1e-5, { kind: 'log', top: 1 })).toBe(0);
    expect(levelOf(1e-2, { kind: 'log', top: 1 })).toBe(128);
  });
});

describe('run colours', () => {
  it('are TensorBoard’s, and stay when runs come', () => {
    const palette = new RunPalette();
    palette.learn(['b', 'c']);
    palette.learn(['a', 'b', 'c']);
    expect(['b', 'c', 'a'].map((name) => palette.colourOf(name, false))).toEqual([
      '#425066',
      '#12b5cb',
      '#e52592',
    ]);
    expect(palette.colourOf('b', true)).toBe('#8e98a3');
  });

  it('begin again after seven', () => {
    const palette = new RunPalette();
    palette.learn(['0', '1', '2', '3', '4', '5', '6', '7']);
    expect(palette.colourOf('7', false)).toBe(palette.colourOf('0', false));
  });
});
