/** Sets a session in motion: polling, loading what is looked at, playing, and the address. */
import { untrack } from 'svelte';
import { roundUp } from '../analysis/peak';
import { parseLink } from './link';
import { Poller } from './poller';
import type { Session } from './session.svelte';

/** Start; returns how to stop. */
export function wire(session: Session): () => void {
  const poller = new Poller(() => poll(session));
  const deliberate = new Set<string>();
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
    $effect(() => receiveSteps(session, deliberate));
    $effect(() => look(session));
    $effect(() => lookAtSeries(session));
    $effect(() => lookAtEvolution(session));
    $effect(() => {
      session.display.peak = roundUp(peakOnScreen(session) ?? 1);
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
    session.evolution.forgive();
  }
  if (answered && (changed || wasOffline || log.runs === null)) {
    await refresh(session);
    log.generation = log.status?.generation ?? null;
  }
  return answered;
}

/** Read again what may have changed. */
async function refresh(session: Session): Promise<void> {
  const { log, run, layers } = session;
  log.forgetFailures();
  await log.refreshRuns();
  if (!run || !log.runs?.some((r) => r.name === run.name)) return;
  const restarted = await Promise.all(
    layers.map((layer) => log.loadTimeline(run.name, layer.name)),
  );
  if (restarted.some(Boolean)) session.series.forget();
  session.clips.forget(run.name, restarted.some(Boolean));
  session.evolution.forget(run.name, restarted.some(Boolean));
}

/** Replace choices that do not exist. */
function settle({ log, selection, layers, users }: Session, deliberate: Set<string>): void {
  const { runs } = log;
  void [selection.run, selection.layer, selection.user, selection.head];
  untrack(() => {
    if (runs) selection.settleRun(runs);
    if (layers.length > 0) {
      selection.settleLayer(layers, deliberate.delete('layer') || deliberate.delete('head'));
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

function receiveSteps({ columns, timeline, notices }: Session, deliberate: Set<string>): void {
  if (!columns) return;
  untrack(() => {
    timeline.receive(columns.steps);
    const [first] = columns.steps;
    if (first === undefined || !deliberate.delete('step')) return;
    const { cursor } = timeline;
    if (cursor === null || timeline.index >= 0) return;
    notices.add({ what: 'step', wanted: `${cursor}`, shown: `${first}` });
    timeline.first();
  });
}

/** Ask for frames near the cursor, of the layers on screen. */
function look(session: Session): void {
  const { run, user, layer, layers, timeline, selection, clips, log } = session;
  const { cursor, direction, loop, mode } = timeline;
  void [log.offline, log.generation];
  if (!run || !user || cursor === null || clips.failure) return;
  const shown = selection.view === 'heads' ? layers : layers.filter((l) => l === layer);
  const wanted = shown.map((l) => ({ name: l.name, steps: session.columnsOf(l)?.steps ?? [] }));
  untrack(() => {
    clips.focus(run.name, user.index);
    for (const { name, steps } of wanted) {
      clips.look(run.name, name, user.index, steps, cursor, {
        direction,
        loop,
        playing: mode === 'playing',
      });
    }
  });
}

/** While the evolution is on screen: the predicting row over all steps, and every head's measures. */
function lookAtEvolution(session: Session): void {
  const { run, user, layer, layers, columns, selection, evolution, measurements, log } = session;
  const { failure } = evolution;
  const { generation } = log;
  const seen = selection.view === 'evolution';
  untrack(() => {
    if (!seen || !run || !user || !layer || !columns || generation === null || failure) {
      evolution.stop();
      return;
    }
    evolution.look({ run: run.name, layer: layer.name, user: user.index }, columns.steps);
    const clips = layers.map(({ name }) => ({ run: run.name, layer: name, user: user.index }));
    measurements.look(clips, generation);
  });
}

/** The largest weight of what is on screen, for the scale's upper end when it is automatic. */
function peakOnScreen(session: Session): number | null {
  const { run, user, layer, layers, selection, display, clips, evolution } = session;
  if (display.top !== 'auto' || !run || !user || !layer) return null;
  if (selection.view === 'evolution') return evolution.peak(selection.head);
  const seen = selection.view === 'heads' ? layers : [layer];
  return clips.peakOf(
    run.name,
    seen.map(({ name }) => name),
    user.index,
  );
}

function lookAtSeries({ run, user, layer, columns, timeline, series, log, items }: Session): void {
  const { index } = timeline;
  const { generation } = log;
  const steps = columns?.steps ?? [];
  const unknown = series.recommendations?.items.some((list) =>
    list.some((item) => !items.has(item)),
  );
  if (!run || !user || !layer || generation === null || series.failure) return;
  untrack(() => {
    if (run.has_recommendations) series.lookAtLists(run.name, user.index, steps, index);
    else series.clearLists();
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

/** While playing, time moves the cursor, but never past a frame that is not here yet. */
function play(session: Session): (() => void) | undefined {
  const { timeline, run, user, layer, clips } = session;
  if (timeline.mode !== 'playing' || !run || !user || !layer) return undefined;
  let last = performance.now();
  let request = requestAnimationFrame(function advance(now) {
    const isReady = (step: number): boolean =>
      clips.failure !== null || clips.frame(run.name, layer.name, user.index, step) !== undefined;
    untrack(() => timeline.tick((now - last) / 1000, isReady));
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
