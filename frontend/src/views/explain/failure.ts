/** Why there is no answer, in words. */
import type { ApiError } from '../../data/errors';
import { explainWords } from '../../i18n/explain';
import { isWorthAsking } from '../../state/asked.svelte';

/** What went wrong; nothing did while an answer is on its way. */
export function failureText(failure: ApiError | null): string {
  const { none } = explainWords();
  if (failure === null) return none.working;
  return isWorthAsking(failure) ? none.busy : `${failure.message} ${failure.hint}`;
}
