import { describe, expect, it } from 'vitest';
import { errorOf } from '../../src/data/attention';
import { COLUMNS, rowsOf, toCsv, type HeadTable } from '../../src/export/csv';
import { causal } from './attention';

const table: HeadTable = {
  run: 'a',
  layer: 'l',
  user: 'User 1',
  headName: 'head 1',
  head: 1,
  attention: causal(),
  queryNames: ['mug', 'tea, green', '=1+1'],
  keyNames: ['mug', 'tea, green', '=1+1'],
};

/** A small reader of RFC 4180. */
function parse(text: string): string[][] {
  const fields = [...text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n)/g)];
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of fields) {
    rows.at(-1)?.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    if (end === '\r\n') rows.push([]);
  }
  return rows.slice(0, -1);
}

describe('a table', () => {
  it('has one line for each cell that exists, with value and error', () => {
    const [header, ...rows] = parse(toCsv(COLUMNS, rowsOf(table)).slice(1));
    expect(header).toEqual([...COLUMNS]);
    expect(rows).toHaveLength(6);
    const last = rows.at(-1) ?? [];
    expect(last.slice(0, 6)).toEqual(['a', 'l', 'User 1', '7', 'head 1', '3']);
    expect(Number(last[9])).toBe((5 / 255) ** 2);
    expect(Number(last[10])).toBe(errorOf(5, 'U8_SQRT'));
  });

  it('has no error bound for what was computed from stored cells', () => {
    const derived = { kind: 'mean', users: 2, of: 2, usersOfQuery: [2, 2, 2] } as const;
    const mean = { ...table, attention: { ...causal(), derived } };
    const [, first] = parse(toCsv(COLUMNS, rowsOf(mean)).slice(1));
    expect(first?.[9]).not.toBe('');
    expect(first?.[10]).toBe('');
  });

  it('is read as UTF-8 by spreadsheets', () => {
    expect(toCsv(['a'], []).charCodeAt(0)).toBe(0xfeff);
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])(
    'takes the formula out of %j',
    (text) => {
      expect(parse(toCsv(['a'], [[text]]).slice(1))[1]).toEqual([`'${text}`]);
    },
  );

  it('leaves numbers alone, negative ones too, and empties what is no number', () => {
    expect(parse(toCsv(['a', 'b', 'c'], [[-0.5, Number.NaN, null]]).slice(1))[1]).toEqual([
      '-0.5',
      '',
      '',
    ]);
  });

  it('keeps quotes, commas and line breaks within their cell', () => {
    const text = 'a "b", c\r\nd';
    expect(parse(toCsv(['a'], [[text]]).slice(1))[1]).toEqual([text]);
  });
});
