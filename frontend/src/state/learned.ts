/** Which run learned from feedback on which, as the child's hyperparameters say it. */
import type { Run } from '../data/schema';

/** The name of the run that `run` learned from; `null` for any other run. */
export function parentName(run: Run): string | null {
  const { parent } = run.hyperparameters;
  return typeof parent === 'string' && parent !== '' ? parent : null;
}

/** The run that `run` learned from, beside it in the log; `null` where it is not there. */
export function parentOf(runs: readonly Run[], run: Run): Run | null {
  const name = parentName(run);
  if (name === null) return null;
  const folder = run.display_name.split('/').slice(0, -1);
  const beside = [...folder, name].join('/');
  return runs.find((other) => other !== run && other.display_name === beside) ?? null;
}

/** The two runs as parent and child, if one learned from the other. */
export function asFamily(
  runs: readonly Run[],
  a: Run | null,
  b: Run | null,
): { parent: Run; child: Run } | null {
  if (!a || !b) return null;
  if (parentOf(runs, b) === a) return { parent: a, child: b };
  return parentOf(runs, a) === b ? { parent: b, child: a } : null;
}
