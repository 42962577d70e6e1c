import { describe, expect, it } from 'vitest';
import { tableOf } from '../../src/color/tables';
import type { Attention } from '../../src/data/attention';
import { paint, type Palette } from '../../src/heatmap/paint';

const sqrt: Palette = { table: 'cividis', scale: { kind: 'sqrt', top: 1 } };

function attention(more: Partial<Attention>): Attention {
  return {
    step: 0,
    heads: 1,
    queries: 2,
    keys: 2,
    queryOffset: 0,
    keyOffset: 0,
    encoding: 'U8_SQRT',
    layout: 'FULL',
    codes: Uint8Array.from([0, 64, 128, 255]),
    ...more,
  };
}

const colour = (level: number): number[] => [
  ...tableOf('cividis').slice(3 * level, 3 * level + 3),
  255,
];

describe('cells to pixels', () => {
  it('golden: these codes are these bytes, on every machine', () => {
    expect([...paint(attention({}), 0, sqrt).rgba]).toEqual([
      0, 32, 81, 255, 61, 77, 110, 255, 128, 124, 117, 255, 253, 234, 69, 255,
    ]);
  });

  it('is the table at the stored code, key by key and query by query', () => {
    const { width, height, rgba } = paint(attention({}), 0, sqrt);
    expect([width, height]).toEqual([2, 2]);
    expect([...rgba]).toEqual([0, 64, 128, 255].flatMap(colour));
  });

  it('leaves what is not applicable transparent, and zero at the low end', () => {
    const triangle = attention({ layout: 'LOWER_TRIANGLE', codes: Uint8Array.from([255, 0, 9]) });
    expect([...paint(triangle, 0, sqrt).rgba]).toEqual([
      ...colour(255),
      0,
      0,
      0,
      0,
      ...colour(0),
      ...colour(9),
    ]);
  });

  it('takes the head that is asked for, in both layouts', () => {
    const dense = attention({ heads: 2, codes: Uint8Array.from([0, 0, 0, 0, 1, 2, 3, 4]) });
    expect([...paint(dense, 1, sqrt).rgba]).toEqual([1, 2, 3, 4].flatMap(colour));
    const triangle = attention({
      heads: 2,
      layout: 'LOWER_TRIANGLE',
      codes: Uint8Array.from([0, 0, 0, 7, 8, 9]),
    });
    expect([...paint(triangle, 1, sqrt).rgba.slice(0, 4)]).toEqual(colour(7));
  });

  it('paints other encodings of the same attention with the same colours', () => {
    const values = [0, 0.25, 0.5, 1];
    const f32 = attention({ encoding: 'F32', codes: Float32Array.from(values) });
    const u16 = attention({
      encoding: 'U16',
      codes: Uint16Array.from(values, (v) => Math.round(v * 65535)),
    });
    const f16 = attention({
      encoding: 'F16',
      codes: Uint16Array.from([0, 0x3400, 0x3800, 0x3c00]),
    });
    const expected = [...paint(f32, 0, sqrt).rgba];
    expect(expected).toEqual([0, 128, 180, 255].flatMap(colour));
    expect([...paint(u16, 0, sqrt).rgba]).toEqual(expected);
    expect([...paint(f16, 0, sqrt).rgba]).toEqual(expected);
  });

  it('follows the scale and its upper end', () => {
    const linear: Palette = { table: 'cividis', scale: { kind: 'linear', top: 0.25 } };
    expect([...paint(attention({}), 0, linear).rgba]).toEqual([0, 64, 255, 255].flatMap(colour));
  });

  it('is the same again', () => {
    expect(paint(attention({}), 0, sqrt)).toEqual(paint(attention({}), 0, sqrt));
  });

  it('copes with no cells', () => {
    expect(
      paint(attention({ queries: 0, keys: 0, codes: new Uint8Array() }), 0, sqrt).rgba.length,
    ).toBe(0);
  });
});

describe('painting over', () => {
  const small: Attention = {
    step: 0,
    heads: 1,
    queries: 2,
    keys: 2,
    queryOffset: 0,
    keyOffset: 0,
    encoding: 'U8_SQRT',
    layout: 'FULL',
    codes: Uint8Array.from([255, 255, 255, 255]),
  };
  const palette: Palette = { table: 'cividis', scale: { kind: 'sqrt', top: 1 } };

  it('leaves nothing of what was there', () => {
    const before = paint(small, 0, palette);
    const causal: Attention = { ...small, layout: 'LOWER_TRIANGLE', codes: Uint8Array.of(9, 8, 7) };
    const fresh = [...paint(causal, 0, palette).rgba];
    const over = paint(causal, 0, palette, before);
    expect(over.rgba).toBe(before.rgba);
    expect([...over.rgba]).toEqual(fresh);
  });

  it('makes new pixels for another size', () => {
    const before = paint(small, 0, palette);
    const wide: Attention = { ...small, keys: 3, codes: new Uint8Array(6) };
    expect(paint(wide, 0, palette, before).rgba).toHaveLength(24);
  });
});
