/** Asks for what is on screen; each function is an effect that runs when what it reads changed. */
import { untrack } from 'svelte';
import { ROLLOUT } from '../data/derived';
import { isHistory } from './axis';
import type { Aggregate } from '../data/reduced';
import { indexAtOrBefore } from '../data/steps';
import { clipOf, timelineOf } from './derived';
import { firstPair, panelOf } from './panels';
import { picturesOf } from './pictures';
import type { Session } from './session.svelte';

/** Moments between two steps of a scrub that are not worth comparing cohorts for. */
const PAUSE_MS = 350;

/** Ask for frames near the cursor, of the pictures on screen. */
export function lookAtFrames(session: Session): void {
  const { timeline, clips, log } = session;
  const { direction, loop, mode } = timeline;
  const pictures = picturesOf(session);
  void [log.offline, log.generation];
  if (pictures.length === 0 || clips.failure) return;
  untrack(() => {
    clips.focus(pictures.map(({ id }) => id));
    const playing = mode === 'playing';
    for (const { id, steps, cursor, linked } of pictures) {
      // The same clip at two steps: the one that moves is looked at last, and prefetches.
      if (!linked) clips.look(id, steps, cursor, { direction: 1, loop: false, playing: false });
    }
    for (const { id, steps, cursor, linked } of pictures) {
      if (linked) clips.look(id, steps, cursor, { direction, loop, playing });
    }
  });
}

/** Lists of the chosen user around the cursor, and measures of the chosen layer. */
export function lookAtSeries(session: Session): void {
  const { run, user, layer, columns, timeline, series, log, items, reading, selection } = session;
  const { index } = timeline;
  const { since } = reading;
  const { generation } = log;
  const steps = columns?.steps ?? [];
  const unknown = series.recommendations?.items.some((list) =>
    list.some((item) => !items.has(item)),
  );
  if (!run || !user || !layer || generation === null || series.failure) return;
  untrack(() => {
    const pinned = typeof since === 'number' ? [indexAtOrBefore(steps, since)] : [];
    if (run.has_recommendations) {
      series.lookAtLists(run.name, user.index, steps, [index, ...pinned]);
      if (selection.view === 'recommendations')
        void series.lookAtAllLists(run.name, user.index, steps);
    } else series.clearLists();
    if (layer.name !== ROLLOUT)
      void series.lookAtMeasures(run.name, layer.name, user.index, generation);
    if (
      unknown &&
      run.has_catalogue &&
      (log.catalogues.get(run.name)?.generation ?? generation) < generation
    ) {
      void log.loadCatalogue(run.name, true);
    }
  });
}

/** Curves above the timeline, from TensorBoard's own scalars. */
export function lookAtScalars({ run, scalars, log }: Session): void {
  const { generation } = log;
  void scalars.choice;
  if (run && generation !== null) untrack(() => void scalars.look(run.name, generation));
}

/** While the evolution is on screen: the predicting row over all steps, and every head's measures. */
export function lookAtEvolution(session: Session): void {
  const { run, user, layer, layers, columns, selection, evolution, log } = session;
  const { failure, query } = evolution;
  const numbers = session.display.measure === 'drift' ? session.drift : session.measurements;
  const { generation } = log;
  const seen = selection.view === 'evolution';
  untrack(() => {
    if (!seen || !run || !user || !layer || !columns || generation === null || failure) {
      evolution.stop();
      return;
    }
    const newest = isHistory(layer.query_axis) ? -1 : 0;
    evolution.look(clipOf(run, layer, user.index), columns.steps, query ?? newest);
    const clips = layers.map(({ name }) => ({ run: run.name, layer: name, user: user.index }));
    numbers.look(clips, generation);
    // Alerts rest on what was measured, whatever the curves show.
    session.measurements.look(clips, generation);
  });
}

/** While means over the cohort are on screen: measures of every user and layer. */
export function lookAtCohort({
  run,
  users,
  layers,
  selection,
  display,
  measurements,
  log,
}: Session): void {
  const { generation } = log;
  if (selection.view !== 'heads' || !display.mean || !run || generation === null) return;
  const ids = layers.flatMap(({ name }) =>
    users.map(({ index }) => ({ run: run.name, layer: name, user: index })),
  );
  untrack(() => measurements.look(ids, generation));
}

/** While the comparison is on screen: two panels at least, and what they need to know of their runs. */
export function lookAtComparison(session: Session): void {
  const { selection, compare, log } = session;
  if (selection.view !== 'compare') return;
  if (compare.panels.length < 2) {
    const pair = firstPair(session);
    untrack(() => {
      if (pair.length > 0) compare.panels = pair;
    });
  }
  const panels = compare.panels.map((choice) => panelOf(session, choice));
  const { generation } = log;
  untrack(() => {
    const runs = [...new Set(panels.flatMap(({ run }) => run?.name ?? []))];
    if (generation !== null) void session.metrics.look(runs, generation);
    for (const { run, layers, layer, columns } of panels) {
      if (run?.has_catalogue) void log.loadCatalogue(run.name);
      if (run && layer && !columns) void log.loadTimeline(run.name, timelineOf(layers, layer.name));
    }
  });
}

/** What heads do, over the cohort, while means are on screen and time stands still. */
export function lookAtTypes(session: Session): (() => void) | undefined {
  const { run, selection, display, timeline, cohortTypes } = session;
  const { cursor } = timeline;
  if (!run || selection.view !== 'heads' || !display.mean || cursor === null) return undefined;
  if (timeline.mode === 'playing') return undefined;
  const timer = setTimeout(() => void cohortTypes.look(run.name, cursor), PAUSE_MS);
  return () => clearTimeout(timer);
}

/** Pair the heads of the first two panels when they are of different layers or runs. */
export function lookAtHeads(session: Session): (() => void) | undefined {
  const { selection, compare, timeline, headMatch } = session;
  if (selection.view !== 'compare' || timeline.mode === 'playing') return undefined;
  const sides = compare.panels
    .slice(0, 2)
    .map((choice) => panelOf(session, choice))
    .flatMap(({ run, layer, step }) =>
      run && layer && layer.name !== ROLLOUT && step !== null
        ? [{ run: run.name, layer: layer.name, step }]
        : [],
    );
  const [a, b] = sides;
  if (!a || !b || (a.run === b.run && a.layer === b.layer)) {
    untrack(() => headMatch.clear());
    return undefined;
  }
  const timer = setTimeout(() => void headMatch.look(a, b), PAUSE_MS);
  return () => clearTimeout(timer);
}

/** The largest weight of what is on screen, for the scale's upper end when it is automatic. */
export function peakOnScreen(session: Session): number | null {
  const { layer, selection, display, clips, evolution } = session;
  if (display.top !== 'auto' || !layer) return null;
  if (selection.view === 'evolution') return evolution.peak(selection.head);
  return clips.peakOf(picturesOf(session).map(({ id }) => id));
}

/** The largest tile on screen, where attention was too long to be kept whole. */
export function tilePeakOnScreen(session: Session, aggregate: Aggregate): number | null {
  const ids = picturesOf(session).map(({ id }) => id);
  return session.clips.tilePeakOf(ids, aggregate);
}
