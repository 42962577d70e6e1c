/** The replay of a comparison: every panel at every step, side by side as they are seen. */
import { thinned } from '../analysis/thinning';
import type { Frame } from '../data/decode';
import { indexAtOrBefore } from '../data/steps';
import { framesOf, MOST_FRAMES, type Progress } from '../export/replay';
import { panelOf, type Panel } from '../state/panels';
import type { PanelChoice } from '../state/panel_link';
import type { Session } from '../state/session.svelte';

/** The panels at each step at which all of them have a picture. */
export async function* comparedOver(
  session: Session,
  { signal, report }: Progress,
): AsyncGenerator<readonly Panel[]> {
  const { panels: choices } = session.compare;
  const steps = stepsOf(choices.map((choice) => panelOf(session, choice)));
  const quiet: Progress = { signal, report: () => undefined };
  const clips = choices.map((choice) => framesAlong(session, choice, steps, quiet));
  for (const [at, step] of steps.entries()) {
    const frames = await Promise.all(clips.map(async (clip) => (await clip.next()).value));
    const now = choices.map((choice, i) =>
      panelOf(session, choice, { cursor: step, frame: frames[i] || undefined }),
    );
    if (now.every(({ picture }) => picture?.kind === 'ready')) yield now;
    report(at + 1, steps.length);
    signal.throwIfAborted();
  }
}

/** Steps of all panels that follow the timeline, thinned as any replay is. */
function stepsOf(panels: readonly Panel[]): number[] {
  const own = panels.flatMap(({ choice, columns }) =>
    choice.step === null ? (columns?.steps ?? []) : [],
  );
  const all = [...new Set(own)].sort((a, b) => a - b);
  return thinned(all.length, MOST_FRAMES - 1).indices.map((index) => all[index] as number);
}

/** For each of `steps`, the frame of the newest logged step at or before it. */
async function* framesAlong(
  session: Session,
  choice: PanelChoice,
  steps: readonly number[],
  progress: Progress,
): AsyncGenerator<Frame | undefined, undefined> {
  const { run, layer, user, columns } = panelOf(session, choice);
  const logged = columns?.steps ?? [];
  const wanted = steps.map((step) => logged[indexAtOrBefore(logged, choice.step ?? step)]);
  const asked = [...new Set(wanted)].filter((step) => step !== undefined);
  const id = { run: run?.name ?? '', layer: layer?.name ?? '', user: user?.index ?? 0 };
  const arriving = framesOf(session.client, id, asked, progress);
  let frame: Frame | undefined;
  for (const step of wanted) {
    while (step !== undefined && (frame?.step ?? -1) < step) {
      const next = await arriving.next();
      if (next.done) break;
      frame = next.value;
    }
    yield frame?.step === step ? frame : undefined;
  }
}
