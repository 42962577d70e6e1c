/** The user's history beside the attention the prediction puts on it: what the reading form shows. */
import { predictingRow } from '../analysis/predicting_row';
import type { Frame } from '../data/decode';
import type { Layer } from '../data/schema';
import { mainQuery } from './axis';
import type { Session } from './session.svelte';

/** One place of the history. */
export interface Place {
  /** Index of the item in the catalogue; `null` where the log does not say. */
  readonly item: number | null;
  /** What stands there on an axis that is no history, such as a feature; else `null`. */
  readonly label: string | null;
  /** Counted from 0, oldest first. */
  readonly position: number;
  /** Attention; `NaN` where there is none, because it was cropped or is not here yet. */
  readonly value: number;
  /** Largest possible distance from what was captured. */
  readonly error: number;
  /** 1 for the most attended place. */
  readonly order: number;
}

/** The history, newest first, and where the attention beside it comes from. */
export interface Evidence {
  readonly layer: Layer;
  readonly heads: readonly number[];
  readonly frame: Frame | undefined;
  readonly step: number | null;
  readonly places: readonly Place[];
  /** Attention of each key if it made no difference; `NaN` without attention. */
  readonly even: number;
}

/** The layer and heads whose attention stands beside the history. */
export function sourceOf(session: Session): { layer: Layer; heads: readonly number[] } | null {
  const { reading, layer, layers, selection, user } = session;
  if (reading.source === 'head') return layer ? { layer, heads: [selection.head] } : null;
  const known = layers.filter(({ key_axis }) => user?.axes[key_axis]);
  const last = known.at(-1) ?? layers.at(-1);
  if (!last) return null;
  return { layer: last, heads: Array.from({ length: last.head_count }, (_, head) => head) };
}

/** The evidence at the shown step; `null` until run and user are known. */
export function evidenceOf(session: Session): Evidence | null {
  const source = sourceOf(session);
  if (!source || !session.user || !session.run) return null;
  const { layer, heads } = source;
  const frame = session.frameOf(layer);
  const attention = frame?.kind === 'ready' ? frame.attention : null;
  const row = attention ? predictingRow(attention, heads, mainQuery(layer, attention)) : null;
  const named = (attention?.keyAxis && session.axes.of(session.run.name, attention.keyAxis)) ?? [];
  const items = session.axisItems(layer.key_axis);
  const offset = attention?.keyOffset ?? 0;
  const count = Math.max(items.length, offset + (attention?.keys ?? 0));
  const valueAt = (position: number): number => row?.values[position - offset] ?? Number.NaN;
  const applicable = row ? row.values.filter((value) => !Number.isNaN(value)).length : 0;
  const standing = (position: number): Pick<Place, 'item' | 'label'> => {
    const other = named[position];
    if (!other) return { item: items[position] ?? null, label: null };
    const listed = session.items.has(other.index) ? other.index : null;
    return { item: listed, label: other.label || other.id };
  };
  const order = orderOf(Array.from({ length: count }, (_, position) => valueAt(position)));
  const places = Array.from({ length: count }, (_, position) => ({
    ...standing(position),
    position,
    value: valueAt(position),
    error: row?.errors[position - offset] ?? Number.NaN,
    order: order[position] ?? count,
  })).reverse();
  const step = session.shownStep(layer);
  return { layer, heads, frame, step, places, even: applicable > 0 ? 1 / applicable : Number.NaN };
}

/** The most attended places, most first. */
export function strongest(evidence: Evidence, count: number): Place[] {
  return evidence.places
    .filter(({ value }) => value > 0)
    .sort((a, b) => a.order - b.order)
    .slice(0, count);
}

/** Rank of every value, 1 for the largest; equals in their order, newest first. */
function orderOf(values: readonly number[]): number[] {
  const order: number[] = [];
  values
    .map((value, position) => ({ value: Number.isNaN(value) ? -1 : value, position }))
    .sort((a, b) => b.value - a.value || b.position - a.position)
    .forEach(({ position }, i) => (order[position] = i + 1));
  return order;
}
