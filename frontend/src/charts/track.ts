/** Where logged steps lie on the timeline, along any of its axes; the same for ticks and curves. */
import type { Gap, TimelineColumns } from '../data/schema';
import { indexAtOrBefore } from '../data/steps';
import type { AxisName } from '../state/link';

/** Positions in [0, 1] of logged steps. */
export interface Track {
  readonly steps: readonly number[];
  /** Position of each logged step. */
  readonly at: readonly number[];
}

/** A stretch without frames, in positions. */
export interface GapSpan {
  readonly from: number;
  readonly to: number;
  readonly gap: Gap;
  /** Steps of the same gap were logged beside this stretch: it is one of many. */
  readonly sparse: boolean;
}

/** The track of a timeline. An axis that was not logged for every step falls back to the step. */
export function trackOf(columns: TimelineColumns, axis: AxisName): Track {
  const values = valuesOf(columns, axis);
  const [first, last] = [values[0] ?? 0, values.at(-1) ?? 0];
  const span = last - first;
  return {
    steps: columns.steps,
    at: values.map((value) => (span > 0 ? (value - first) / span : 0.5)),
  };
}

/** Whether an axis was logged for every step. */
export function hasAxis(columns: TimelineColumns, axis: AxisName): boolean {
  return axis !== 'epoch' || columns.epochs.every((epoch) => epoch !== null);
}

function valuesOf(columns: TimelineColumns, axis: AxisName): readonly number[] {
  if (axis === 'wall') return monotonic(columns.wall_times_s);
  if (axis === 'epoch' && hasAxis(columns, axis)) return monotonic(columns.epochs as number[]);
  return columns.steps;
}

/** Clocks are set back now and then; time on the track does not run backwards. */
function monotonic(values: readonly number[]): number[] {
  let highest = Number.NEGATIVE_INFINITY;
  return values.map((value) => (highest = Math.max(highest, value)));
}

/** Position of any step, logged or not. */
export function positionOfStep(track: Track, step: number): number {
  const index = indexAtOrBefore(track.steps, step);
  if (index < 0) return 0;
  const [a, b] = [track.at[index] as number, track.at[index + 1]];
  const [from, to] = [track.steps[index] as number, track.steps[index + 1]];
  return b === undefined || to === undefined ? a : a + ((step - from) / (to - from)) * (b - a);
}

/** Position of a moment: between the logged steps before and after it. */
export function positionOfMoment(
  track: Track,
  wallTimes: readonly number[],
  wallTime: number,
): number {
  const index = indexAtOrBefore(wallTimes, wallTime);
  if (index < 0) return track.at[0] ?? 0;
  const [a, b] = [track.at[index] as number, track.at[index + 1]];
  const [from, to] = [wallTimes[index] as number, wallTimes[index + 1]];
  return b === undefined || to === undefined || to <= from
    ? a
    : a + ((wallTime - from) / (to - from)) * (b - a);
}

/** Index of the logged step nearest to a position. */
export function nearestIndex(track: Track, position: number): number {
  const before = Math.max(0, indexAtOrBefore(track.at, position));
  const [a, b] = [track.at[before] ?? 0, track.at[before + 1]];
  return b !== undefined && b - position < position - a ? before + 1 : before;
}

/**
 * Gaps as stretches; half a step wider, so that one lost step is seen.
 *
 * A gap may say that some of its steps are missing (logging that was thinned): the logged ones in it
 * are spared, so one gap is then many stretches.
 */
export function gapSpans(track: Track, gaps: readonly Gap[]): GapSpan[] {
  return gaps.flatMap((gap) => {
    const begin = indexAtOrBefore(track.steps, gap.first_step - 1) + 1;
    const inside = track.steps.slice(begin, indexAtOrBefore(track.steps, gap.last_step) + 1);
    const edges = [gap.first_step - 1, ...inside, gap.last_step + 1];
    const sparse = inside.length > 0;
    return edges.slice(1).flatMap((next, index) => {
      const before = edges[index] as number;
      const from = positionOfStep(track, before + 0.5);
      const to = positionOfStep(track, next - 0.5);
      return next - before > 1 ? [{ gap, from, to, sparse }] : [];
    });
  });
}

/** One SVG path for all ticks; those that would fall on the same pixel are drawn once. */
export function tickPath(track: Track, width: number, top: number, height: number): string {
  const pixels = new Set(track.at.map((at) => Math.round(at * width)));
  return [...pixels].map((x) => `M${x} ${top}v${height}`).join('');
}
