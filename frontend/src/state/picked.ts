/** Which item's details are shown: the one that was picked, or the first of the list. */
import { listAt } from './recommendations';
import type { Session } from './session.svelte';

/** Index of the item in the catalogue; `null` while there is none to show. */
export function pickedItem(session: Session): number | null {
  const { reading, items, series, timeline, user, layer } = session;
  if (reading.item !== null) {
    for (const item of items.values()) if (item.id === reading.item) return item.index;
  }
  const { recommendations } = series;
  const list =
    recommendations && timeline.cursor !== null
      ? listAt(recommendations, timeline.cursor, 'first')
      : null;
  return list?.entries[0]?.item ?? user?.axes[layer?.key_axis ?? '']?.at(-1) ?? null;
}

/** Show the details of an item. */
export function pickItem({ reading, items }: Session, index: number): void {
  reading.item = items.get(index)?.id ?? null;
}
