/** Titles of what verdicts name by id: the catalogue's, or the id itself where it is a feature or gone. */
import type { Item } from '../../data/schema';
import type { Session } from '../../state/session.svelte';
import { itemName } from '../names';

const known = new WeakMap<ReadonlyMap<number, Item>, ReadonlyMap<string, number>>();

/** The title of an item's id in a run. */
export function titleOf(session: Session, run: string, id: string): string {
  const items = session.itemsOf(run);
  const numbers =
    known.get(items) ?? new Map([...items.values()].map((item) => [item.id, item.index]));
  known.set(items, numbers);
  const index = numbers.get(id);
  return index === undefined ? id : itemName(items, index);
}
