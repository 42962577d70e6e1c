/** Numbers as strips of colour: rows of vectors, each number a pixel, on a range of their own around 0. */
import { levelOf } from '../color/scale';
import { tableOf } from '../color/tables';

/** The largest size among `rows`; 1 where all are 0, so that there is a range. */
export function rangeOfRows(rows: readonly (readonly (number | null)[])[]): number {
  return rows.flat().reduce<number>((most, value) => Math.max(most, Math.abs(value ?? 0)), 0) || 1;
}

/** Pixels of `rows`, four bytes each: signed, neutral at 0; what is no number stays transparent. */
export function stripPixels(
  rows: readonly (readonly (number | null)[])[],
  range: number,
): Uint8ClampedArray<ArrayBuffer> {
  const width = rows[0]?.length ?? 0;
  const rgba = new Uint8ClampedArray(4 * width * rows.length);
  const table = tableOf('puor');
  rows.forEach((row, y) =>
    row.forEach((value, x) => {
      if (value === null || !Number.isFinite(value)) return;
      const level = levelOf(value, { kind: 'linear', top: range, signed: true });
      rgba.set([...table.subarray(3 * level, 3 * level + 3), 255], 4 * (y * width + x));
    }),
  );
  return rgba;
}
