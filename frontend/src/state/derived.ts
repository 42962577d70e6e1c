/** Layers that no model has: what the server computes from all of a run's, offered beside them. */
import type { ClipId } from '../data/clip';
import { COHORT, mostSteps, ROLLOUT } from '../data/derived';
import type { Layer, Run } from '../data/schema';

/** A run's logged layers, in the order of the model. */
export function loggedLayers(run: Run | null): Layer[] {
  return [...(run?.layers ?? [])].sort((a, b) => a.index - b.index);
}

/** Layers that a rollout goes through, from the input up. */
function selfAttention(layers: readonly Layer[]): readonly Layer[] {
  return layers.filter(({ kind }) => kind === 'self');
}

/** All self-attention layers as one; `null` where there are not two to join. */
export function rolloutOf(layers: readonly Layer[]): Layer | null {
  const own = selfAttention(layers);
  const top = own.at(-1);
  if (!top || own.length < 2 || layers.some(({ name }) => name === ROLLOUT)) return null;
  return { ...top, name: ROLLOUT, head_count: 1, head_names: [] };
}

/** Logged layers, and the rollout if there is one. */
export function layersOf(run: Run | null): Layer[] {
  const logged = loggedLayers(run);
  return [...logged, ...[rolloutOf(logged)].filter((layer) => layer !== null)];
}

/** The logged layer whose steps a layer has. */
export function timelineOf(layers: readonly Layer[], name: string): string {
  return name === ROLLOUT ? (selfAttention(layers).at(-1)?.name ?? name) : name;
}

/** The clip of a layer of a run, for a user or for `COHORT`. */
export function clipOf(run: Run, layer: Layer, user: number): ClipId {
  const id = { run: run.name, layer: layer.name, user };
  if (layer.name === ROLLOUT) return { ...id, most: mostSteps(selfAttention(run.layers).length) };
  return user === COHORT ? { ...id, most: mostSteps(Math.min(200, run.cohort_size)) } : id;
}
