/** Joining what is new in the log to what is known, without losing sight of a restarted training. */
import type { Gap, TimelineColumns } from '../data/schema';

/** `known` with what came after it; `null` when the past changed too and must be read again. */
export function extendTimeline(
  known: TimelineColumns,
  later: TimelineColumns,
): TimelineColumns | null {
  const sameAttempts =
    known.attempts.length === later.attempts.length &&
    known.attempts.every((attempt, i) => attempt.id === later.attempts[i]?.id);
  if (!sameAttempts) return null;
  const since = known.steps.at(-1) ?? Number.NEGATIVE_INFINITY;
  if (later.steps.some((step) => step <= since)) return null;
  return {
    ...later,
    steps: [...known.steps, ...later.steps],
    epochs: [...known.epochs, ...later.epochs],
    wall_times_s: [...known.wall_times_s, ...later.wall_times_s],
    attempt_of_step: [...known.attempt_of_step, ...later.attempt_of_step],
    gaps: mergeGaps(known.gaps, later.gaps),
  };
}

/** A gap that grew replaces itself; both lists are in order. */
function mergeGaps(known: readonly Gap[], later: readonly Gap[]): Gap[] {
  const byStart = new Map([...known, ...later].map((gap) => [gap.first_step, gap]));
  return [...byStart.values()].sort((a, b) => a.first_step - b.first_step);
}

/** The gap that holds `step`, if there is one. */
export function gapAt(gaps: readonly Gap[], step: number): Gap | undefined {
  return gaps.find((gap) => gap.first_step <= step && step <= gap.last_step);
}
