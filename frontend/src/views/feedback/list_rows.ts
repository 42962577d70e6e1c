/** Verdicts as lines of a table for spreadsheets: names of columns are the API's, whatever the language. */
import type { Verdict } from '../../data/feedback_schema';

/** Names of the columns. */
export const CSV_COLUMNS = [
  'number',
  'said',
  'taken_back',
  'kind',
  'run',
  'attempt',
  'step',
  'user',
  'item',
  'item_title',
  'evidence',
  'evidence_title',
  'note',
] as const;

/** One line a verdict; times are in ISO 8601. */
export function csvRows(
  verdicts: readonly Verdict[],
  titleOf: (id: string) => string,
): (string | number | null)[][] {
  return verdicts.map((said) => [
    said.number,
    moment(said.said_s),
    said.undone_s === null ? null : moment(said.undone_s),
    said.kind,
    said.run,
    said.attempt,
    said.step,
    said.user,
    said.item,
    titleOf(said.item),
    said.evidence,
    said.evidence ? titleOf(said.evidence) : '',
    said.note,
  ]);
}

function moment(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
