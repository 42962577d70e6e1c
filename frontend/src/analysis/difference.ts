/** One head minus another, cell by cell, where both have the cell. */
import { read, type Attention } from '../data/attention';
import type { HeadAt } from './distance';

/** What two pictures have in common. */
export type Common =
  /** The same items on both axes: everything can be compared. */
  | { readonly kind: 'same' }
  /** The newest items are the same, but one looks at more of them: cells can be, rows cannot. */
  | { readonly kind: 'newest'; readonly queries: number; readonly keys: number }
  /** Different items: a cell of one says nothing about that cell of the other. */
  | { readonly kind: 'nothing' };

/** Items along the axes of one picture, oldest first. */
export interface Axes {
  readonly queries: readonly string[];
  readonly keys: readonly string[];
}

/** Number of items at the end of both lists that are the same. */
export function commonEnd(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  while (count < Math.min(a.length, b.length) && a.at(-1 - count) === b.at(-1 - count)) count += 1;
  return count;
}

/** What can be compared. A list may be cut at its old end only. */
export function commonOf(a: Axes, b: Axes): Common {
  const [queries, keys] = [commonEnd(a.queries, b.queries), commonEnd(a.keys, b.keys)];
  const whole = (count: number, one: readonly string[], other: readonly string[]): boolean =>
    count > 0 && count === Math.min(one.length, other.length);
  if (!whole(queries, a.queries, b.queries) || !whole(keys, a.keys, b.keys))
    return { kind: 'nothing' };
  const same = a.queries.length === b.queries.length && a.keys.length === b.keys.length;
  return same ? { kind: 'same' } : { kind: 'newest', queries, keys };
}

/** `a - b` as a frame of one head, on the newest items both have; `NaN` where one has no value. */
export function differenceOf(a: HeadAt, b: HeadAt): Attention {
  const queries = Math.min(a.attention.queries, b.attention.queries);
  const keys = Math.min(a.attention.keys, b.attention.keys);
  const codes = new Float32Array(queries * keys);
  const at = (side: HeadAt, query: number, key: number): number =>
    read(
      side.attention,
      side.head,
      side.attention.queries - queries + query,
      side.attention.keys - keys + key,
    )?.value ?? Number.NaN;
  for (let query = 0; query < queries; query += 1) {
    for (let key = 0; key < keys; key += 1)
      codes[query * keys + key] = at(a, query, key) - at(b, query, key);
  }
  const { step, queryOffset, keyOffset, tiles } = a.attention; // its axes are the panel's, not its own
  const shape = { step, queryOffset, keyOffset, heads: 1, queries, keys };
  return { ...shape, ...(tiles ? { tiles } : {}), encoding: 'F32', layout: 'FULL', codes };
}
