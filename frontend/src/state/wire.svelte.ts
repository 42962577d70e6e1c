/** Sets a session in motion: polling, loading what is looked at, playing, and the address. */
import { untrack } from 'svelte';
import { roundUp } from '../analysis/peak';
import { loggedLayers, timelineOf } from './derived';
import { parseLink } from './link';
import {
  lookAtCohort,
  lookAtComparison,
  lookAtEvolution,
  lookAtFrames,
  lookAtHeads,
  lookAtScalars,
  lookAtSeries,
  lookAtTypes,
  tilePeakOnScreen,
  peakOnScreen,
} from './looking';
import { areReady, picturesOf } from './pictures';
import { Poller } from './poller';
import type { Session } from './session.svelte';

/** Start; returns how to stop. */
export function wire(session: Session): () => void {
  const poller = new Poller(() => poll(session));
  const deliberate = new Set<string>();
  const reading = { partial: false };
  let arrivals = $state(0);
  const takeAddress = (): void => {
    const link = parseLink(session.host.readLink());
    session.take(link);
    session.writer.adopt(link);
    for (const key of Object.keys(link)) deliberate.add(key);
    arrivals += 1;
  };
  takeAddress();
  watchHost(session, poller, takeAddress);
  const stop = $effect.root(() => {
    $effect(() => settle(session, deliberate));
    $effect(() => loadRun(session));
    $effect(() => receiveSteps(session, deliberate, reading));
    $effect(() => lookAtFrames(session));
    $effect(() => lookAtSeries(session));
    $effect(() => lookAtScalars(session));
    $effect(() => lookAtEvolution(session));
    $effect(() => lookAtComparison(session));
    $effect(() => lookAtCohort(session));
    $effect(() => lookAtHeads(session));
    $effect(() => lookAtTypes(session));
    $effect(() => {
      session.display.peak = roundUp(peakOnScreen(session) ?? 1);
      session.display.tilePeaks = {
        mean: roundUp(tilePeakOnScreen(session, 'mean') ?? 1),
        maximum: roundUp(tilePeakOnScreen(session, 'maximum') ?? 1),
      };
    });
    $effect(() => play(session));
    $effect(() => {
      void arrivals;
      writeAddress(session);
    });
  });
  poller.start();
  return () => {
    poller.stop();
    stop();
  };
}

function watchHost(
  { host, display, timeline }: Session,
  poller: Poller,
  takeAddress: () => void,
): void {
  display.dark = host.isDark();
  host.onNavigate(takeAddress);
  host.onDark(() => {
    display.dark = host.isDark();
  });
  host.onHidden(() => {
    if (!host.isHidden()) poller.start();
    else {
      poller.stop();
      if (timeline.mode === 'playing') timeline.pause();
    }
  });
}

/** One question to the server, and what follows from its answer; true if it answered. */
async function poll(session: Session): Promise<boolean> {
  const { log } = session;
  const wasOffline = log.offline;
  const changed = await log.refreshStatus();
  const answered = !log.failures.has('status');
  if (answered) {
    session.clips.forgive();
    session.series.forgive();
    session.axes.forgive();
    session.evolution.forgive();
  }
  if (answered && (changed || wasOffline || log.runs === null)) {
    await refresh(session);
    log.generation = log.status?.generation ?? null;
  }
  return answered;
}

/** Read again what may have changed, of every run on screen. */
async function refresh(session: Session): Promise<void> {
  const { log, run, layers, clips, evolution } = session;
  log.forgetFailures();
  await log.refreshRuns();
  const known = [...(run ? layers.map((layer) => [run.name, layer.name] as const) : [])];
  for (const { id } of picturesOf(session)) {
    const own = log.runs?.find(({ name }) => name === id.run) ?? null;
    const layer = timelineOf(loggedLayers(own), id.layer);
    if (!known.some(([r, l]) => r === id.run && l === layer)) known.push([id.run, layer]);
  }
  const there = known.filter(([name]) => log.runs?.some((r) => r.name === name));
  const restarted = new Map<string, boolean>();
  await Promise.all(
    there.map(async ([name, layer]) => {
      const again = await log.loadTimeline(name, layer);
      restarted.set(name, again || (restarted.get(name) ?? false));
    }),
  );
  for (const [name, again] of restarted) {
    clips.forget(name, again);
    evolution.forget(name, again);
    session.axes.forget(name);
  }
  if (![...restarted.values()].some(Boolean)) return;
  session.series.forget();
  session.headMatch.forget();
  session.cohortTypes.forget();
}

/** Replace choices that do not exist. */
function settle(
  { log, selection, layers, rollout, users }: Session,
  deliberate: Set<string>,
): void {
  const { runs, arePartial } = log;
  void [selection.run, selection.layer, selection.user, selection.head];
  untrack(() => {
    // A run that is not there yet may be in what is still to be read.
    const isThere = runs?.some(({ name }) => name === selection.run) ?? false;
    if (runs && (isThere || !arePartial || selection.run === null)) selection.settleRun(runs);
    if (layers.length > 0) {
      const choices = rollout ? [...layers, rollout] : layers;
      selection.settleLayer(choices, deliberate.delete('layer') || deliberate.delete('head'));
    }
    if (users.length > 0) selection.settleUser(users, deliberate.delete('user'));
  });
}

function loadRun({ run, layers, log }: Session): void {
  if (!run) return;
  untrack(() => {
    if (run.has_catalogue) void log.loadCatalogue(run.name);
    for (const layer of layers) {
      if (!log.timeline(run.name, layer.name)) void log.loadTimeline(run.name, layer.name);
    }
  });
}

function receiveSteps(
  { columns, timeline, notices, log }: Session,
  deliberate: Set<string>,
  reading: { partial: boolean },
): void {
  if (!columns) return;
  untrack(() => {
    // The steps that complete a partial reading still belong to it.
    timeline.receive(columns.steps, log.arePartial || reading.partial);
    reading.partial = log.arePartial;
    const [first] = columns.steps;
    if (first === undefined || !deliberate.delete('step')) return;
    const { cursor } = timeline;
    if (cursor === null || timeline.index >= 0) return;
    notices.add({ what: 'step', wanted: `${cursor}`, shown: `${first}` });
    timeline.first();
  });
}

/** While playing, time moves the cursor, but never past a frame that is not here yet. */
function play(session: Session): (() => void) | undefined {
  const { timeline, clips } = session;
  if (timeline.mode !== 'playing') return undefined;
  let last = performance.now();
  let request = requestAnimationFrame(function advance(now) {
    untrack(() => {
      const pictures = picturesOf(session);
      const isReady = (step: number): boolean =>
        clips.failure !== null || areReady(session, pictures, step);
      timeline.tick((now - last) / 1000, isReady);
    });
    last = now;
    request = requestAnimationFrame(advance);
  });
  return () => cancelAnimationFrame(request);
}

/** Keep the address true; until the log is known, what the address said stays. */
function writeAddress(session: Session): void {
  const choice = session.currentChoice();
  if (choice !== null) session.writer.update(session.currentLink(), choice);
}
