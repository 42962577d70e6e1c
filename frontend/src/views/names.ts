/** What things are called on screen, when the log may or may not name them. */
import { ROLLOUT } from '../data/derived';
import type { Gap, Item, Layer, User } from '../data/schema';
import { largestTile, spanOf } from '../analysis/overview';
import type { Attention } from '../data/attention';
import { extentOf, isHistory, placesOf, type Extent, type Place, type Side } from '../state/axis';
import type { TermName } from '../i18n/en_terms';
import { formatCount } from '../i18n/format';
import { language, words } from '../i18n/language.svelte';
import type { Shape } from '../heatmap/geometry';
import type { Session } from '../state/session.svelte';
import type { Evidence } from '../state/evidence';
import type { Panel } from '../state/panels';

/** A user's label, or a number. */
export function userName(user: User): string {
  return user.label || words().users.name(user.index + 1);
}

/** A layer's name, or what stands in place of one. */
export function layerName(layer: Layer): string {
  return layer.name === ROLLOUT ? words().derived.rollout : layer.name;
}

/**
 * Names of an axis on which all users are aligned at their last places: of a history, the newest
 * item. Of other axes a place has a number where every user has as many of them.
 */
export function alignedNames(axis: string, count: number, isEven: boolean): string[] {
  const t = words();
  const word = axisWord(axis);
  return Array.from({ length: count }, (_, i) => {
    const back = count - 1 - i;
    if (isHistory(axis)) return back === 0 ? t.derived.newest : t.derived.before(back);
    if (isEven) return `${word} ${t.heatmap.position(i + 1)}`;
    return back === 0 ? t.derived.lastPlace(word) : t.derived.beforeLast(word, back);
  });
}

/** Names along one axis of a mean picture. */
export function meanNames(layer: Layer, attention: Attention, side: Side): string[] {
  const { users = 0, usersOfQuery = [] } = attention.derived ?? {};
  const isEven = usersOfQuery.length > 0 && usersOfQuery.every((have) => have === users);
  return side === 'query'
    ? alignedNames(layer.query_axis, attention.queries, isEven)
    : alignedNames(layer.key_axis, attention.keys, isEven && layer.key_axis === layer.query_axis);
}

/** Titles along one axis: of tiles, the places they cover. */
export function titlesAlong(
  session: Session,
  run: string,
  user: User | null,
  axis: string,
  extent: Extent,
): string[] {
  const { tiles, offset, count } = extent;
  if (tiles !== null) return tileNames(extent, tiles, count);
  return namesOf(placesOf(session, run, user, axis, extent), offset);
}

/** The same of a panel's picture; empty without one. */
export function panelTitles(session: Session, panel: Panel, side: Side): string[] {
  const { layer, picture, user, choice } = panel;
  if (!layer || picture?.kind !== 'ready') return [];
  const axis = side === 'query' ? layer.query_axis : layer.key_axis;
  return titlesAlong(session, choice.run, user, axis, extentOf(picture.attention, side));
}

/** What tiles of an axis cover, as positions counted from 1: `#49–64`. */
function tileNames({ offset }: Extent, tiles: number, length: number): string[] {
  const write = (place: number): string => formatCount(offset + place + 1, language());
  return Array.from({ length: tiles }, (_, tile) => {
    const { first, last } = spanOf(tile, tiles, length);
    const t = words();
    return first === last
      ? t.heatmap.position(offset + first + 1)
      : t.overview.span(write(first), write(last));
  });
}

/** A head's name, or a number. */
export function headName(layer: Layer, head: number): string {
  if (layer.name === ROLLOUT) return words().derived.rolloutHead;
  return layer.head_names[head] || words().heads.name(head);
}

/** An item's title, or its id, or its number. */
export function itemName(items: ReadonlyMap<number, Item>, index: number): string {
  const item = items.get(index);
  return item?.label || item?.id || words().history.item(index);
}

/** Names along an axis: titles where known, else positions counted from 1; padding before it. */
export function axisNames(
  items: ReadonlyMap<number, Item>,
  axis: readonly number[],
  offset: number,
  count: number,
): string[] {
  return Array.from({ length: count }, (_, i) => {
    const index = axis[offset + i];
    if (axis.length > 0 && offset + i < 0) return words().heatmap.padding;
    return index === undefined ? words().heatmap.position(offset + i + 1) : itemName(items, index);
  });
}

/** What stands along an axis, by title or id; positions where nothing is known, counted from 1. */
export function namesOf(places: readonly Place[], offset = 0): string[] {
  const t = words();
  return places.map((place, i) => {
    if (place === 'padding') return t.heatmap.padding;
    if (place === null) return t.heatmap.position(offset + i + 1);
    return place.label || place.id || t.history.item(place.index);
  });
}

/** What one place of an axis is, in a word: a candidate, a field, or the log's own word. */
export function axisWord(axis: string): string {
  return words().heatmap.axes[axis] ?? axis;
}

/** What a query (a key) of a layer is called: that, or what it is where it is no item of one history. */
export function sideWord(layer: Layer, side: Side): string {
  if (layer.kind === 'self') return words().heatmap[side];
  return axisWord(side === 'query' ? layer.query_axis : layer.key_axis);
}

/** What stands at a place of a history or of features; its number where the log does not name it. */
export function placeName(
  items: ReadonlyMap<number, Item>,
  { item, label, position }: Pick<Evidence['places'][number], 'item' | 'label' | 'position'>,
): string {
  if (label !== null) return label;
  return item === null ? words().heatmap.position(position + 1) : itemName(items, item);
}

/** Whose attention it is, in words. */
export function sourceName({ layer, heads }: Pick<Evidence, 'layer' | 'heads'>): string {
  const { sourceOf } = words().reading;
  const [only] = heads;
  return heads.length === 1 && only !== undefined
    ? sourceOf.head(headName(layer, only), layer.name)
    : sourceOf.mean(heads.length, layer.name);
}

/** What a head's heatmap shows, in a sentence. */
export function headSentence(
  session: Session,
  who: string,
  layer: Layer,
  shape: Shape,
  tiles: Shape | null = null,
): string {
  const step = session.shownStep(layer);
  const { heatmap, overview } = words();
  const head = headName(layer, session.selection.head);
  const at = step === null ? '–' : formatCount(step, language());
  if (tiles === null)
    return heatmap.sentence(head, layerName(layer), who, at, shape.queries, shape.keys);
  const times = ({ queries, keys }: Shape): string =>
    overview.times(formatCount(queries, language()), formatCount(keys, language()));
  return overview.sentence(head, layerName(layer), who, at, times(tiles), times(shape));
}

/** The term that explains why a frame is not there. */
export function termOf(reason: string): TermName {
  return reason in words().terms.list ? (reason as TermName) : 'not_logged';
}

/** A stretch without frames, and why, in words. */
export function gapSentence(gap: Gap): string {
  const t = words().timeline;
  const reason =
    gap.reason in t.reasons ? t.reasons[gap.reason as keyof typeof t.reasons] : gap.reason;
  const count = (value: number): string => formatCount(value, language());
  return t.gap(count(gap.first_step), count(gap.last_step), gap.frame_count, reason, gap.detail);
}

/** What a picture of reduced attention is, in words; empty where nothing was left out. */
export function reductionNote({ reduced, tiles, queries, keys }: Attention): string {
  const t = words().overview;
  const count = (value: number): string => formatCount(value, language());
  if (!tiles) return reduced ? t.notes.row(count(reduced.queries)) : '';
  const size = (of: number, length: number): string => {
    const most = count(largestTile(of, length));
    return length % of === 0 ? most : t.upTo(most);
  };
  return t.notes[tiles.aggregate](size(queries, tiles.queries), size(keys, tiles.keys));
}
