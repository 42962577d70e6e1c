/** The evolution as numbers, item by item and step by step: what its picture, table and files show. */
import { valueAtPosition } from '../analysis/last_row';
import type { AxisRef } from '../data/attention';
import type { Layer } from '../data/schema';
import { isHistory, type Extent } from './axis';
import type { Session } from './session.svelte';

/** The items of the picture, from top to bottom. */
export interface EvolutionItems extends Extent {
  /** A history is read from its newest item, other axes from their first. */
  readonly newestFirst: boolean;
}

/** Items of the newest loaded frame; of the user's axis until there is one. */
export function evolutionItems(session: Session, layer: Layer): EvolutionItems {
  const { evolution } = session;
  const { loaded } = evolution;
  for (let i = loaded.length - 1; i >= 0; i -= 1) {
    const row = evolution.row(loaded[i] as number);
    if (row?.kind !== 'ready') continue;
    const { keyOffset: offset, keys: count, keyAxis: ref } = row;
    return { offset, count, ref, tiles: null, newestFirst: isHistory(layer.key_axis) && !ref };
  }
  const count = Math.max(1, session.axisItems(layer.key_axis).length);
  return { offset: 0, count, ref: null, tiles: null, newestFirst: isHistory(layer.key_axis) };
}

/** The position on its axis of the item at a line, 0 being the upmost. */
export function positionAt({ offset, count, newestFirst }: EvolutionItems, line: number): number {
  return offset + (newestFirst ? count - 1 - line : line);
}

/** Attention on the item of a line at a loaded step; `NaN` where there is none. */
export function evolutionValue(
  { evolution, selection }: Session,
  items: EvolutionItems,
  step: number,
  line: number,
): number {
  const row = evolution.row(step);
  if (row?.kind !== 'ready' || isOther(row.keyAxis, items.ref)) return Number.NaN;
  return valueAtPosition(row, selection.head, positionAt(items, line));
}

/** A step whose keys are other things has no value in these lines. */
function isOther(ref: AxisRef | null, shown: AxisRef | null): boolean {
  if ((ref === null) !== (shown === null)) return true;
  return ref !== null && ref.attempt === shown?.attempt && ref.number !== shown.number;
}
