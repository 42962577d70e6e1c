/** Words for sets of steps in a request, and searches in a sorted list of steps. */
import { bisectRight } from 'd3-array';

/** Index of the newest step that is not later than `step`, or -1. */
export function indexAtOrBefore(steps: readonly number[], step: number): number {
  return bisectRight(steps as number[], step) - 1;
}

/** Whether `step` is one of the sorted `steps`. */
export function includes(steps: readonly number[], step: number): boolean {
  return steps[indexAtOrBefore(steps, step)] === step;
}

/**
 * The value of `steps=` for the `wanted` indices into the logged `steps`.
 *
 * Neighbours become a range (`100-199` means every logged step in it), so that a request stays
 * short at any number of steps.
 */
export function stepsParameter(steps: readonly number[], wanted: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const index of [...wanted].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && index <= last[1] + 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges.map(([a, b]) => (a === b ? `${steps[a]}` : `${steps[a]}-${steps[b]}`)).join(',');
}
