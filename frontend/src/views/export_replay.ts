/** Files that hold all of training: the replay as a GIF, and one user's story as a page. */
import { ROLLOUT } from '../data/derived';
import { fitted, frameOf } from '../export/animation';
import type { Figure } from '../export/figure';
import { GifWriter } from '../export/gif';
import { layOut, sideFor } from '../export/layout';
import { breathe, framesOf, planOf, type Progress } from '../export/replay';
import {
  MOST_CELLS,
  storyFrame,
  toStory,
  type StoryFrame,
  type StoryGap,
  type StoryList,
} from '../export/story';
import type { Attention } from '../data/attention';
import type { Frame } from '../data/decode';
import type { Layer, Run, User } from '../data/schema';
import { formatCount, formatTick } from '../i18n/format';
import { NAMES, language, words } from '../i18n/language.svelte';
import type { Session } from '../state/session.svelte';
import { STEPS_PER_SECOND } from '../state/timeline.svelte';
import { comparedOver } from './export_compare';
import { bound, comparedFigure, headsFigure } from './export_figure';
import { axisNames, headName, itemName, reductionNote, userName } from './names';

/** Room for the picture of a GIF, in pixels: every frame pays for it. */
const GIF_ROOM = 420;
const COMPARED_ROOM = 760;
const LISTS_AT_ONCE = 100;

/** What a replay is of. */
interface Subject {
  readonly run: Run;
  readonly layer: Layer;
  readonly user: User;
  readonly steps: readonly number[];
}

function subjectOf(session: Session): Subject | null {
  const { run, layer, user, columns } = session;
  // A rollout is computed step by step, and a replay is made of what was logged.
  if (!run || !layer || !user || !columns || layer.name === ROLLOUT) return null;
  const steps = planOf(columns.steps).indices.map((index) => columns.steps[index] as number);
  return { run, layer, user, steps };
}

/** The replay of what is compared, of the chosen head, or in the view of heads of all of its layer. */
export async function replayGif(session: Session, progress: Progress): Promise<Blob | null> {
  const isCompared = session.selection.view === 'compare';
  const figures = isCompared ? comparedFigures(session, progress) : headFigures(session, progress);
  let writer: GifWriter | null = null;
  for await (const figure of figures) {
    const drawing = layOut(figure, sideFor(figure, isCompared ? COMPARED_ROOM : GIF_ROOM));
    const { width, height } = drawing;
    writer ??= new GifWriter(width, height, delayOf(session));
    writer.add(fitted(frameOf(drawing), { width, height }, writer));
    await breathe();
  }
  return writer && new Blob([writer.finish()], { type: 'image/gif' });
}

async function* comparedFigures(session: Session, progress: Progress): AsyncGenerator<Figure> {
  for await (const panels of comparedOver(session, progress)) {
    const figure = comparedFigure(session, panels);
    if (figure) yield figure;
  }
}

async function* headFigures(session: Session, progress: Progress): AsyncGenerator<Figure> {
  const subject = subjectOf(session);
  if (!subject) return;
  const id = { run: subject.run.name, layer: subject.layer.name, user: subject.user.index };
  for await (const frame of framesOf(session.client, id, subject.steps, progress)) {
    const picture = session.pictureOf(frame, subject.layer);
    if (picture?.kind === 'ready') yield headsOf(session, subject.layer, picture.attention);
  }
}

function headsOf(session: Session, layer: Layer, attention: Attention): Figure {
  const isAll = session.selection.view === 'heads';
  const heads = Array.from({ length: attention.heads }, (_, head) => head);
  const shown = isAll ? heads : [session.selection.head];
  const figure = headsFigure(
    session,
    shown.map((head) => ({ layer, head, attention })),
    session.user ? userName(session.user) : '',
  );
  if (!figure) throw new Error('no head is chosen');
  return figure;
}

function delayOf({ timeline }: Session): number {
  return 1000 / (STEPS_PER_SECOND * timeline.speed);
}

/** One user's history, lists and replay of the chosen layer, in one file. */
export async function storyPage(session: Session, progress: Progress): Promise<Blob | null> {
  const subject = subjectOf(session);
  const first = session.layer && session.frameOf(session.layer);
  if (!subject) return null;
  const { run, layer, user, steps } = subject;
  const { client, columns, display, items } = session;
  const id = { run: run.name, layer: layer.name, user: user.index };
  const cells = first?.kind === 'ready' ? first.attention.codes.length * steps.length : 0;
  const all = Array.from({ length: layer.head_count }, (_, head) => head);
  const heads = cells > MOST_CELLS ? [session.selection.head] : all;
  const epochs = new Map(columns?.steps.map((step, i) => [step, columns.epochs[i] ?? null]));
  const frames: (StoryFrame | StoryGap)[] = [];
  let error = 0;
  for await (const frame of framesOf(client, id, steps, progress)) {
    if (frame.kind === 'absent') {
      frames.push({ step: frame.step, reason: reasonOf(frame.reason) });
      continue;
    }
    const stored = storyFrame(frame.attention, heads, epochs.get(frame.step) ?? null);
    error = Math.max(error, stored.error);
    frames.push(stored.frame);
    await breathe();
  }
  if (frames.length === 0) return null;
  const titles = (axis: string): string[] => {
    const known = session.axisItems(axis);
    return axisNames(items, known, 0, known.length);
  };
  const target = user.target_item === null ? null : itemName(items, user.target_item);
  const page = toStory({
    language: NAMES[language()]?.tag ?? 'en',
    title: words().exports.storyTitle(userName(user)),
    about: [...aboutOf(subject), ...keptOf(first)],
    heads: heads.map((head) => headName(layer, head)),
    queryTitles: titles(layer.query_axis),
    keyTitles: titles(layer.key_axis),
    target,
    frames,
    lists: run.has_recommendations ? await listsOf(session, subject, progress) : [],
    palette: display.palette,
    error,
    words: storyWords(session, error),
  });
  return new Blob([page], { type: 'text/html;charset=utf-8' });
}

function reasonOf(reason: string): string {
  const { title } = words().absent;
  return reason in title ? title[reason as keyof typeof title] : reason;
}

function aboutOf({ run, layer, user, steps }: Subject): [string, string][] {
  const t = words();
  const count = (value: number): string => formatCount(value, language());
  const span = `${count(steps[0] ?? 0)} – ${count(steps.at(-1) ?? 0)}`;
  return [
    [t.compare.run, run.display_name],
    [t.compare.layer, layer.name],
    [t.compare.user, userName(user)],
    ...Object.entries(user.attributes),
    [t.compare.step, `${span} (${t.timeline.of(count(steps.length), count(run.step_count))})`],
  ];
}

/** What is kept of attention too long to be kept whole. */
function keptOf(frame: Frame | undefined | null): [string, string][] {
  const note = frame?.kind === 'ready' ? reductionNote(frame.attention) : '';
  return note ? [[words().exports.storyKept, note]] : [];
}

async function listsOf(
  { client, items }: Session,
  { run, user, steps }: Subject,
  { signal }: Progress,
): Promise<StoryList[]> {
  const lists: StoryList[] = [];
  for (let from = 0; from < steps.length; from += LISTS_AT_ONCE) {
    const wanted = steps.slice(from, from + LISTS_AT_ONCE).join(',');
    const found = await client.recommendations(run.name, user.index, wanted, signal);
    found.steps.forEach((step, i) => {
      const scores = found.scores[i] ?? [];
      lists.push({
        step,
        items: (found.items[i] ?? []).map((item, at) => [itemName(items, item), scores[at] ?? 0]),
        targetRank: found.target_ranks[i] ?? null,
      });
    });
  }
  return lists;
}

function storyWords({ display }: Session, error: number): Parameters<typeof toStory>[0]['words'] {
  const t = words();
  const { scale } = display.palette;
  return {
    caution: t.exports.caution,
    play: t.timeline.play,
    pause: t.timeline.pause,
    step: t.timeline.axes.step,
    head: t.heads.heading,
    history: t.exports.storyHistory,
    recommendations: t.recommendations.heading,
    target: t.exports.storyTarget,
    none: t.exports.storyNone,
    bound: bound(error),
    scale: t.heatmap.legendNote(t.tools.scales[scale.kind], formatTick(scale.top, language())),
    cell: t.exports.storyCell,
    picture: t.exports.storyPicture,
  };
}
