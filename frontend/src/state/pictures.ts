/** Which clips are on screen, and at which step: what is loaded, waited for and scaled to. */
import type { ClipId } from '../data/clip';
import { COHORT } from '../data/derived';
import type { Layer } from '../data/schema';
import { indexAtOrBefore } from '../data/steps';
import { clipOf } from './derived';
import { sourceOf } from './evidence';
import { panelOf } from './panels';
import type { Session } from './session.svelte';

/** One clip on screen. */
export interface Picture {
  readonly id: ClipId;
  readonly steps: readonly number[];
  /** The step that is wanted, logged or not. */
  readonly cursor: number;
  /** Whether it moves with the timeline. */
  readonly linked: boolean;
}

/** Everything on screen that is made of frames. */
export function picturesOf(session: Session): Picture[] {
  const { run, user, timeline, selection, compare } = session;
  const { cursor } = timeline;
  if (cursor === null) return [];
  const pictures: Picture[] = drawnLayers(session).flatMap((l) => {
    if (!run || !user) return [];
    const steps = session.columnsOf(l)?.steps ?? [];
    // Beside a mean stands the history with the user's own attention; recommendations are a user's.
    const users =
      selection.view !== 'recommendations' && session.isMean(l)
        ? [COHORT, ...(l === session.layer ? [user.index] : [])]
        : [user.index];
    return users.map((index) => ({ id: clipOf(run, l, index), steps, cursor, linked: true }));
  });
  if (selection.view !== 'compare') return pictures;
  for (const choice of compare.panels) {
    const panel = panelOf(session, choice);
    if (!panel.run || !panel.layer || !panel.user || panel.cursor === null) continue;
    const id = clipOf(panel.run, panel.layer, panel.user.index);
    const steps = panel.columns?.steps ?? [];
    pictures.push({ id, steps, cursor: panel.cursor, linked: choice.step === null });
  }
  return pictures;
}

/** Layers with a picture: all of them beside each other, the chosen one, or a history's source. */
function drawnLayers(session: Session): Layer[] {
  const { selection, layers, layer, rollout, display, reading } = session;
  if (selection.view === 'heads')
    return rollout && (display.rollout || layer === rollout) ? [...layers, rollout] : layers;
  if (selection.view !== 'recommendations') return layer ? [layer] : [];
  const source = sourceOf(session)?.layer;
  return layers.filter((l) => l === source || (l === layer && reading.shows('matrix')));
}

/** Whether every picture that moves has its frame for the cursor at `step`. */
export function areReady(session: Session, pictures: readonly Picture[], step: number): boolean {
  return pictures.every(({ id, steps, linked }) => {
    const shown = steps[indexAtOrBefore(steps, step)];
    return (
      !linked ||
      shown === undefined ||
      session.clips.frame(id.run, id.layer, id.user, shown) !== undefined
    );
  });
}
