/** What a statement is about: the recommendation on the screen, by ids that outlast the tab. */
import { indexAtOrBefore } from '../data/steps';
import type { Subject } from './feedback.svelte';
import type { RankedList } from './recommendations';
import type { Session } from './session.svelte';

/** The subject of a statement on `item` in `list`; `null` where the log does not name what it takes. */
export function subjectOf(session: Session, list: RankedList, item: number): Subject | null {
  const { run, user, columns, items } = session;
  const id = items.get(item)?.id;
  if (!run || !user || !columns || !id) return null;
  const at = indexAtOrBefore(columns.steps, list.step);
  const attempt = columns.attempts[columns.attempt_of_step[Math.max(at, 0)] ?? -1]?.id;
  if (attempt === undefined) return null;
  const shown = list.entries.flatMap((entry) => items.get(entry.item)?.id ?? []);
  return { run: run.name, attempt, step: list.step, user: user.index, item: id, shown };
}
