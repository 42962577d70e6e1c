/** A series of numbers as an SVG path; a gap in the numbers is a gap in the line. */

/** Lowest and highest finite value of several series; `null` when there is none. */
export function rangeOf(series: readonly (readonly (number | null)[])[]): [number, number] | null {
  const values = series.flat().filter((v): v is number => v !== null && Number.isFinite(v));
  if (values.length === 0) return null;
  return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}

/** Points of a series that is measured at few steps only: those with a value, so that lines join. */
export function pointsOf(
  at: readonly number[],
  values: readonly (number | null)[],
): { at: number[]; values: number[] } {
  const known = values.flatMap((value, i) => (value === null ? [] : [{ at: at[i] ?? 0, value }]));
  return { at: known.map((point) => point.at), values: known.map((point) => point.value) };
}

/** Where and how large a curve is drawn. */
export interface CurveBox {
  readonly width: number;
  readonly height: number;
  readonly range: readonly [number, number];
}

/** A path through `values` at `at` (positions in [0, 1]); at most two points per pixel. */
export function curvePath(
  at: readonly number[],
  values: readonly (number | null)[],
  box: CurveBox,
): string {
  const [low, high] = box.range;
  const every = Math.max(1, Math.floor(values.length / (2 * Math.max(1, box.width))));
  let path = '';
  let pen = 'M';
  values.forEach((value, i) => {
    if (i % every !== 0 && i !== values.length - 1) return;
    if (value === null || !Number.isFinite(value)) {
      pen = 'M';
      return;
    }
    const x = (at[i] ?? 0) * box.width;
    const y = box.height * (1 - (value - low) / (high - low || 1));
    path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = 'L';
  });
  return path;
}
