/** What a panel of the comparison shows: its choice joined with what the server has. */
import type { Axes } from '../analysis/difference';
import type { Attention } from '../data/attention';
import type { Frame } from '../data/decode';
import type { Item, Layer, Run, TimelineColumns, User } from '../data/schema';
import { indexAtOrBefore } from '../data/steps';
import { extentOf, placesOf, type Place, type Side } from './axis';
import { layersOf, timelineOf } from './derived';
import type { PanelChoice } from './panel_link';
import type { Session } from './session.svelte';

/** One panel; `null` is what is not known yet, or not there. */
export interface Panel {
  readonly choice: PanelChoice;
  readonly run: Run | null;
  readonly layers: readonly Layer[];
  readonly layer: Layer | null;
  readonly users: readonly User[];
  readonly user: User | null;
  readonly head: number;
  readonly items: ReadonlyMap<number, Item>;
  readonly columns: TimelineColumns | null;
  /** The step that is wanted, and the latest logged one at or before it. */
  readonly cursor: number | null;
  readonly step: number | null;
  readonly frame: Frame | undefined;
  readonly attention: Attention | null;
  /** The frame in the picture: where attention was reduced, its overview. */
  readonly picture: Frame | undefined;
  /** What stands along the axes of the attention; empty without it. */
  readonly queries: readonly Place[];
  readonly keys: readonly Place[];
}

/** What `choice` shows now; or, where `replayed` says so, at another moment. */
export function panelOf(
  session: Session,
  choice: PanelChoice,
  replayed?: { readonly cursor: number; readonly frame: Frame | undefined },
): Panel {
  const { log, timeline, clips } = session;
  const run = log.runs?.find(({ name }) => name === choice.run) ?? null;
  const layers = layersOf(run);
  const layer = layers.find(({ name }) => name === choice.layer) ?? layers[0] ?? null;
  const users = run ? session.usersOf(run) : [];
  const user = users.find(({ id }) => id === choice.user) ?? users[0] ?? null;
  const columns = (run && layer && log.timeline(run.name, timelineOf(layers, layer.name))) ?? null;
  const cursor = choice.step ?? replayed?.cursor ?? timeline.cursor;
  const steps = columns?.steps ?? [];
  const step = cursor === null ? null : (steps[indexAtOrBefore(steps, cursor)] ?? null);
  const frame = replayed
    ? replayed.frame
    : run && layer && user && step !== null
      ? clips.frame(run.name, layer.name, user.index, step)
      : undefined;
  const attention = frame?.kind === 'ready' ? frame.attention : null;
  const picture = session.pictureOf(frame, layer);
  const head = Math.min(choice.head, (layer?.head_count ?? 1) - 1);
  const items = session.itemsOf(choice.run);
  const found = { choice, run, layers, layer, users, user, head, items };
  const placesAlong = (side: Side): Place[] =>
    layer && attention
      ? placesOf(
          session,
          choice.run,
          user,
          side === 'query' ? layer.query_axis : layer.key_axis,
          extentOf(attention, side),
        )
      : [];
  const places = { queries: placesAlong('query'), keys: placesAlong('key') };
  return { ...found, columns, cursor, step, frame, attention, picture, ...places };
}

/** Items along both axes by id, so that runs with other item numbers can be compared. */
export function axesOf({ layer, user, attention, queries, keys }: Panel): Axes | null {
  if (!layer || !user || !attention) return null;
  const idsOf = (axis: string, places: readonly Place[], offset: number): string[] =>
    places.map((place, i) => {
      if (place !== null && place !== 'padding') return place.id || `${place.index}`;
      return `${user.axes[axis] ? '' : user.id}#${offset + i}`;
    });
  return {
    queries: idsOf(layer.query_axis, queries, attention.queryOffset),
    keys: idsOf(layer.key_axis, keys, attention.keyOffset),
  };
}

/** Two panels to begin with: what is chosen, and the same in another run, or else another head. */
export function firstPair(session: Session): PanelChoice[] {
  const { run, layer, user, selection, log, compare } = session;
  if (!run || !layer || !user) return [];
  const own = { run: run.name, layer: layer.name, user: user.id, head: selection.head, step: null };
  const [pinned] = compare.panels;
  const base = pinned ?? own;
  if (pinned && JSON.stringify({ ...pinned, step: null }) !== JSON.stringify(own))
    return [pinned, own];
  const other = log.runs?.find(({ name, layers }) => name !== base.run && layers.length > 0);
  if (other) return [base, { ...base, run: other.name }];
  const head = layer.head_count > 1 ? (base.head + 1) % layer.head_count : base.head;
  return [base, { ...base, head }];
}
