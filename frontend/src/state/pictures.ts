/** Which clips are on screen, and at which step: what is loaded, waited for and scaled to. */
import type { ClipId } from '../data/clip';
import type { Layer } from '../data/schema';
import { indexAtOrBefore } from '../data/steps';
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
  const { run, user, layers, timeline, selection, compare } = session;
  const { cursor } = timeline;
  if (cursor === null) return [];
  const own = layers.filter((l) => selection.view === 'heads' || isOnScreen(session, l));
  const pictures: Picture[] = own.flatMap((l) =>
    run && user
      ? [
          {
            id: { run: run.name, layer: l.name, user: user.index },
            steps: session.columnsOf(l)?.steps ?? [],
            cursor,
            linked: true,
          },
        ]
      : [],
  );
  if (selection.view !== 'compare') return pictures;
  for (const choice of compare.panels) {
    const panel = panelOf(session, choice);
    if (!panel.run || !panel.layer || !panel.user || panel.cursor === null) continue;
    const id = { run: panel.run.name, layer: panel.layer.name, user: panel.user.index };
    const steps = panel.columns?.steps ?? [];
    pictures.push({ id, steps, cursor: panel.cursor, linked: choice.step === null });
  }
  return pictures;
}

/** Whether a layer is shown by itself: the chosen one, and beside a history its own source. */
function isOnScreen(session: Session, layer: Layer): boolean {
  const { selection, reading } = session;
  if (selection.view !== 'recommendations') return layer === session.layer;
  const isChosen = layer === session.layer && reading.shows('matrix');
  return isChosen || layer === sourceOf(session)?.layer;
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
