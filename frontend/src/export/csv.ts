/** Numbers as a table for spreadsheets, which must not take a title for a formula. */
import { spanOf } from '../analysis/overview';
import { read, type Attention } from '../data/attention';

/** A cell; `null` is empty: there is no value. */
export type Field = string | number | null;

/** Spreadsheets run what begins with these (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r]/;
const QUOTED = /[",\r\n]|^\s|\s$/;

/** More rows than a spreadsheet takes. */
export const MOST_ROWS = 1_048_576;

/** One head in a table. */
export interface HeadTable {
  readonly run: string;
  readonly layer: string;
  readonly user: string;
  readonly headName: string;
  readonly head: number;
  readonly attention: Attention;
  readonly queryNames: readonly string[];
  readonly keyNames: readonly string[];
}

/** Names of the columns of `rowsOf`. */
export const COLUMNS = [
  'run',
  'layer',
  'user',
  'step',
  'head',
  'query_position',
  'query',
  'key_position',
  'key',
  'attention',
  'error_bound',
] as const;

/** A file: CRLF between lines and a byte order mark, which makes spreadsheets read UTF-8. */
export function toCsv(header: readonly string[], rows: Iterable<readonly Field[]>): string {
  const lines = [header.join(',')];
  for (const row of rows) lines.push(row.map(fieldOf).join(','));
  return `\ufeff${lines.join('\r\n')}\r\n`;
}

/**
 * One line for each cell that exists; what is not applicable has none. Positions count from 0; that of a
 * tile is where it begins. What was computed from stored cells has no error bound of its own.
 */
export function* rowsOf(table: HeadTable): Generator<readonly Field[]> {
  const { attention, head } = table;
  const what = [table.run, table.layer, table.user, attention.step, table.headName];
  const { tiles, queries, keys, queryOffset, keyOffset } = attention;
  const queryAt = (query: number): number =>
    tiles ? tiles.queryOffset + spanOf(query, queries, tiles.queries).first : queryOffset + query;
  const keyAt = (key: number): number =>
    tiles ? tiles.keyOffset + spanOf(key, keys, tiles.keys).first : keyOffset + key;
  for (let query = 0; query < attention.queries; query += 1) {
    for (let key = 0; key < attention.keys; key += 1) {
      const cell = read(attention, head, query, key);
      if (!cell || Number.isNaN(cell.value)) continue;
      yield [
        ...what,
        queryAt(query),
        table.queryNames[query] ?? '',
        keyAt(key),
        table.keyNames[key] ?? '',
        cell.value,
        attention.derived ? null : cell.error,
      ];
    }
  }
}

function fieldOf(field: Field): string {
  if (field === null) return '';
  if (typeof field === 'number') return Number.isFinite(field) ? `${field}` : '';
  const safe = FORMULA.test(field) ? `'${field}` : field;
  return QUOTED.test(safe) || safe !== field ? `"${safe.replaceAll('"', '""')}"` : safe;
}
