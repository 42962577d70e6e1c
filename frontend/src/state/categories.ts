/** Categories of the items along a frame's axes, read as `server/axis_items.py` reads them. */
import type { Categories } from '../analysis/head_type';
import type { Attention } from '../data/attention';
import type { Item, Layer } from '../data/schema';
import type { Session } from './session.svelte';

/** Item attributes that name a category; the first that an item has counts. */
const ATTRIBUTES = ['category', 'categories', 'genre', 'genres', 'topic'];

/** An item's categories: several are separated by `|`, `;` or `,`. */
export function categoriesOfItem(item: Item | undefined): string[] {
  const text = ATTRIBUTES.map((name) => item?.attributes[name]).find((value) => value) ?? '';
  return [...new Set(text.split(/[|;,]/).map((part) => part.trim()))].filter(Boolean);
}

/** Categories along the user's own axes; `null` where the log names no items, or none has any. */
export function categoriesOf(
  session: Session,
  layer: Layer,
  { queries, keys, queryOffset, keyOffset, queryAxis, keyAxis }: Attention,
): Categories | null {
  if (queryAxis ?? keyAxis) return null;
  const along = (axis: string, first: number, count: number): string[][] => {
    const items = session.axisItems(axis);
    return Array.from({ length: count }, (_, i) =>
      categoriesOfItem(session.items.get(items[first + i] ?? -1)),
    );
  };
  const found = {
    queries: along(layer.query_axis, queryOffset, queries),
    keys: along(layer.key_axis, keyOffset, keys),
  };
  const isKnown = [found.queries, found.keys].every((side) => side.some((own) => own.length > 0));
  return isKnown ? found : null;
}
