/** What the newest query, which predicts, attends to: all a picture over steps needs of a frame. */
import { read } from '../data/attention';
import type { Frame } from '../data/decode';

/** The predicting query of every head at one step, or why it is not there. */
export type LastRow =
  | {
      readonly kind: 'ready';
      readonly queries: number;
      readonly keys: number;
      readonly keyOffset: number;
      /** `[head, key]`, flat; `NaN` where not applicable. */
      readonly values: Float32Array;
    }
  | { readonly kind: 'absent'; readonly reason: string; readonly detail: string };

/** The last query's row of every head. */
export function lastRowOf(frame: Frame): LastRow {
  if (frame.kind === 'absent') return frame;
  const { attention } = frame;
  const { heads, queries, keys, keyOffset } = attention;
  const values = new Float32Array(heads * keys);
  for (let head = 0; head < heads; head += 1) {
    for (let key = 0; key < keys; key += 1) {
      values[head * keys + key] = read(attention, head, queries - 1, key)?.value ?? Number.NaN;
    }
  }
  return { kind: 'ready', queries, keys, keyOffset, values };
}

/** Attention of one head on the item at `position` of the axis; `NaN` where there is none. */
export function valueAtPosition(row: LastRow, head: number, position: number): number {
  if (row.kind === 'absent') return Number.NaN;
  const key = position - row.keyOffset;
  if (key < 0 || key >= row.keys) return Number.NaN;
  return row.values[head * row.keys + key] ?? Number.NaN;
}
