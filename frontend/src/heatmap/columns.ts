/** Columns of values to pixels: attention on each item, step after step. */
import { wordsOf, type Palette, type Pixels } from './paint';
import { levelOf } from '../color/scale';

/**
 * One pixel wide columns, top to bottom; `null` and `NaN` stay transparent.
 *
 * `columns[x]` has `height` values.
 */
export function paintColumns(
  columns: readonly (ArrayLike<number> | null)[],
  height: number,
  palette: Palette,
): Pixels {
  const width = columns.length;
  const rgba = new Uint8ClampedArray(width * height * 4);
  const pixels = new Uint32Array(rgba.buffer);
  const words = wordsOf(palette.table);
  columns.forEach((column, x) => {
    for (let y = 0; column && y < height; y += 1) {
      const value = column[y] ?? Number.NaN;
      if (!Number.isNaN(value))
        pixels[y * width + x] = words[levelOf(value, palette.scale)] as number;
    }
  });
  return { width, height, rgba };
}
