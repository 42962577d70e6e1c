import { describe, expect, it } from 'vitest';
import { tableOf } from '../../src/color/tables';
import { sharpen, stamp } from '../../src/export/animation';
import { GifWriter, indexed } from '../../src/export/gif';
import { paint } from '../../src/heatmap/paint';
import { causal } from './attention';
import { readGif } from './read_gif';

/** `width * height` pixels, each of the given grey. */
function greys(values: number[]): Uint8ClampedArray {
  return Uint8ClampedArray.from(values.flatMap((v) => [v, v, v, 255]));
}
const rgbOf = (rgba: Uint8ClampedArray): number[] => [...rgba].filter((_, i) => i % 4 !== 3);

describe('a GIF', () => {
  it('gives back every frame, its colours and how long it shows', () => {
    const table = tableOf('cividis');
    const frames = [0, 1, 2].map((shift) => {
      const rgba = new Uint8ClampedArray(4 * 40 * 30);
      for (let i = 0; i < 1200; i += 1) {
        const level = (i * 7 + shift * 50) % 250;
        rgba.set([...table.subarray(3 * level, 3 * level + 3), 255], 4 * i);
      }
      return rgba;
    });
    const writer = new GifWriter(40, 30, 125);
    for (const frame of frames) writer.add(frame);
    const gif = readGif(writer.finish());
    expect([gif.width, gif.height, gif.loops]).toEqual([40, 30, true]);
    expect(gif.frames.map(({ delayMs }) => delayMs)).toEqual([130, 130, 130]);
    gif.frames.forEach(({ rgb }, i) => expect([...rgb]).toEqual(rgbOf(frames[i] as never)));
  });

  it('survives a table of codes that fills up', () => {
    let seed = 1;
    const noise = greys(
      Array.from({ length: 200 * 200 }, () => (seed = (seed * 48271) % 2147483647) % 256),
    );
    const writer = new GifWriter(200, 200, 10);
    writer.add(noise);
    const gif = readGif(writer.finish());
    expect([...(gif.frames[0]?.rgb ?? [])]).toEqual(rgbOf(noise));
    expect(gif.frames[0]?.delayMs).toBe(20);
  });

  it('moves only the rarest colours when there are more than 256, and not far', () => {
    const levels = Array.from({ length: 256 }, (_, i) => i);
    const rgba = new Uint8ClampedArray(4 * 513);
    rgba.set(greys([...levels, ...levels]), 0);
    rgba.set([9, 9, 8, 255], 4 * 512);
    const { indices, colours } = indexed(rgba);
    expect(colours).toHaveLength(256);
    expect(colours[indices[512] as number]).toEqual([9, 9, 9]);
    for (let i = 0; i < 512; i += 1) expect(colours[indices[i] as number]?.[0]).toBe(i % 256);
  });
});

describe('a frame', () => {
  it('shows cells in their own colours, and nothing where the mask leaves nothing', () => {
    const pixels = paint(causal(), 0, { table: 'cividis', scale: { kind: 'sqrt', top: 1 } });
    const rgba = new Uint8ClampedArray(4 * 8 * 8);
    const mark = { kind: 'picture' as const, x: 1, y: 1, width: 6, height: 6, pixels };
    stamp(new Uint32Array(rgba.buffer), 8, mark);
    const at = (x: number, y: number): number[] => [
      ...rgba.subarray(4 * (8 * y + x), 4 * (8 * y + x) + 3),
    ];
    expect(at(1, 1)).toEqual([...tableOf('cividis').subarray(765, 768)]);
    expect(at(2, 4)).toEqual(
      [...tableOf('cividis').subarray(3 * 128, 3 * 128 + 3)].map((_, i) => at(1, 3)[i]),
    );
    expect(at(6, 1)).toEqual([222, 222, 222]);
    expect(at(0, 0)).toEqual([0, 0, 0]);
  });

  it('has letters of two colours only', () => {
    const rgba = greys([0, 80, 149, 150, 200, 255]);
    sharpen(new Uint32Array(rgba.buffer), rgba);
    expect(new Set(Array.from({ length: 6 }, (_, i) => rgba[4 * i])).size).toBe(2);
  });
});
