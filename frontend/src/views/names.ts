/** What things are called on screen, when the log may or may not name them. */
import { ROLLOUT } from '../data/derived';
import type { Gap, Item, Layer, User } from '../data/schema';
import type { Place, Side } from '../state/axis';
import type { TermName } from '../i18n/en_terms';
import { formatCount } from '../i18n/format';
import { language, words } from '../i18n/language.svelte';
import type { Shape } from '../heatmap/geometry';
import type { Session } from '../state/session.svelte';
import type { Evidence } from '../state/evidence';

/** A user's label, or a number. */
export function userName(user: User): string {
  return user.label || words().users.name(user.index + 1);
}

/** A layer's name, or what stands in place of one. */
export function layerName(layer: Layer): string {
  return layer.name === ROLLOUT ? words().derived.rollout : layer.name;
}

/** Names of an axis on which the items of all users are aligned: places counted from the newest. */
export function alignedNames(count: number): string[] {
  const t = words().derived;
  return Array.from({ length: count }, (_, i) =>
    i === count - 1 ? t.newest : t.before(count - 1 - i),
  );
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
export function headSentence(session: Session, who: string, layer: Layer, shape: Shape): string {
  const step = session.shownStep(layer);
  return words().heatmap.sentence(
    headName(layer, session.selection.head),
    layerName(layer),
    who,
    step === null ? '–' : formatCount(step, language()),
    shape.queries,
    shape.keys,
  );
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
