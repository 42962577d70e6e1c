/** Means over the cohort that stand beside its mean picture: of measures, and what heads do. */
import { HEAD_KINDS, type HeadKind } from '../analysis/head_type';
import { indexAtOrBefore } from '../data/steps';
import type { Layer } from '../data/schema';
import type { MeasureName } from './link';
import type { Session } from './session.svelte';

/** A mean, and over how many users of how many. */
export interface CohortMean {
  readonly mean: number;
  readonly users: number;
  readonly of: number;
}

/** Mean of a measure of one head at the shown step; `null` until one user's is known. */
export function cohortMean(
  session: Session,
  layer: Layer,
  head: number,
  name: MeasureName,
): CohortMean | null {
  const { run, users, measurements } = session;
  const step = session.shownStep(layer);
  if (!run || step === null) return null;
  const values = users.flatMap((user) => {
    const known = measurements.of({ run: run.name, layer: layer.name, user: user.index });
    const index = known ? indexAtOrBefore(known.steps, step) : -1;
    return known?.measures[name]?.[index]?.[head] ?? [];
  });
  if (values.length === 0) return null;
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return { mean, users: values.length, of: users.length };
}

/** What a head does as a mean over the cohort; `null` until the server has said so. */
export function cohortType(
  { run, cohortTypes }: Session,
  step: number | null,
  layer: Layer,
  head: number,
): { readonly kind: HeadKind; readonly score: number } | null {
  const found = cohortTypes.ofHead(run?.name ?? '', layer.name, step, head);
  const kind = HEAD_KINDS.find((known) => known === found?.type);
  return found && kind ? { kind, score: found.score } : null;
}
