/** What stands at a place of an answer's lists: an item of the history, or a feature behind it. */
import type { Evidence } from '../../data/explain_schema';
import type { Item } from '../../data/schema';
import type { Explain } from '../../state/explain.svelte';
import { itemName } from '../names';

type Answer = Pick<Evidence, 'history' | 'features'> & { readonly items: readonly Item[] };

/** Its title. */
export function placeLabel(explain: Explain, answer: Answer, place: number): string {
  const item = answer.history[place];
  if (item !== undefined) return itemName(explain.named(answer), item);
  return answer.features[place - answer.history.length] ?? '–';
}
