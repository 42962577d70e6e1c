/** The same edit in another run: items have other numbers there, and the user must be the same. */
import type { Edit } from '../data/edit';
import { ApiError } from '../data/errors';
import type { ExplainClient } from '../data/explain_client';
import type { FoundItems, WhatIf } from '../data/explain_schema';
import type { Item, Run, User } from '../data/schema';
import { indexAtOrBefore } from '../data/steps';
import type { Session } from './session.svelte';

/** What is asked of the other run, as this run says it. */
export interface Wanted {
  readonly user: User;
  readonly cursor: number;
  readonly edit: Edit;
  readonly items: ReadonlyMap<number, Item>;
}

/** Codes of what makes two runs not comparable; the views have words for them. */
export type OtherCode = 'other_user' | 'other_history' | 'other_model' | 'other_item';

/** The list after `wanted.edit` in `run`; fails with an `OtherCode` where it cannot be compared. */
export async function translated(
  client: ExplainClient,
  session: Session,
  run: Run,
  { user, cursor, edit, items }: Wanted,
  top: number,
  signal: AbortSignal,
): Promise<WhatIf> {
  const [models] = await Promise.all([
    client.models(run.name, signal),
    run.has_catalogue ? session.log.loadCatalogue(run.name) : undefined,
  ]);
  const step = models.steps[indexAtOrBefore(models.steps, cursor)] ?? models.steps[0];
  if (step === undefined) throw refusal('other_model');
  const same = session.usersOf(run).find(({ id }) => id === user.id);
  if (!same) throw refusal('other_user');
  const theirs = session.itemsOf(run.name);
  const idsOf = (of: User, known: ReadonlyMap<number, Item>): string =>
    (of.axes['history'] ?? []).map((index) => known.get(index)?.id ?? '').join('\n');
  if (idsOf(user, items) !== idsOf(same, theirs)) throw refusal('other_history');
  const find = (id: string): Promise<FoundItems> => client.items(run.name, step, id, signal);
  const added = await Promise.all(
    edit.added.map(async ({ place, item }) => {
      const id = items.get(item)?.id ?? '';
      const found = (await find(id)).items.find((other) => other.id === id);
      if (!found) throw refusal('other_item');
      return { place, item: found.index };
    }),
  );
  return client.whatIf({ run: run.name, user: same.index, step }, { ...edit, added }, top, signal);
}

function refusal(code: OtherCode): ApiError {
  return new ApiError('not_found', code, code);
}
