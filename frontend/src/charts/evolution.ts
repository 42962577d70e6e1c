/** Which logged step each pixel column of a picture over steps shows. */
import type { Gap } from '../data/schema';
import { indexAtOrBefore } from '../data/steps';
import { gapSpans, type Track } from './track';

/** Every pixel: a step, `'gap'` where frames are missing, `null` where nothing is loaded yet. */
export type Pick = number | 'gap' | null;

/**
 * For `width` pixels along the track, the newest of the `loaded` steps (ascending) that is not later.
 *
 * A pixel shows a step only; it never mixes neighbours.
 */
export function picks(
  track: Track,
  gaps: readonly Gap[],
  loaded: readonly number[],
  width: number,
): Pick[] {
  const spans = gapSpans(track, gaps);
  const half = 0.5 / Math.max(1, width);
  const positions = loaded.map((step) => track.at[indexAtOrBefore(track.steps, step)] ?? 0);
  return Array.from({ length: width }, (_, x) => {
    const at = (x + 0.5) / width;
    if (spans.some(({ from, to }) => from <= at && at < to)) return 'gap';
    const index = indexAtOrBefore(positions, at + half);
    return loaded[index] ?? null;
  });
}
