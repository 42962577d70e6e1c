/** What one query attends to, mostly the newest, which predicts: all a picture over steps needs. */
import { read, type AxisRef } from '../data/attention';
import type { Frame } from '../data/decode';

/** One query of every head at one step, or why it is not there. */
export type LastRow =
  | {
      readonly kind: 'ready';
      readonly queries: number;
      readonly keys: number;
      readonly keyOffset: number;
      readonly keyAxis: AxisRef | null;
      /** `[head, key]`, flat; `NaN` where not applicable. */
      readonly values: Float32Array;
    }
  | { readonly kind: 'absent'; readonly reason: string; readonly detail: string };

/** The last query's row of every head. */
export function lastRowOf(frame: Frame): LastRow {
  return rowOfFrame(frame, -1);
}

/** A query's row of every head; a negative query counts from the end, -1 being the last. */
export function rowOfFrame(frame: Frame, query: number): LastRow {
  if (frame.kind === 'absent') return frame;
  const { attention } = frame;
  const { heads, queries, keys, keyOffset, keyAxis = null } = attention;
  const at = query < 0 ? queries + query : query;
  if (at >= queries) return { kind: 'absent', reason: 'not_logged', detail: '' };
  const values = new Float32Array(heads * keys);
  for (let head = 0; head < heads; head += 1) {
    for (let key = 0; key < keys; key += 1) {
      values[head * keys + key] = read(attention, head, at, key)?.value ?? Number.NaN;
    }
  }
  return { kind: 'ready', queries, keys, keyOffset, keyAxis, values };
}

/** Attention of one head on the item at `position` of the axis; `NaN` where there is none. */
export function valueAtPosition(row: LastRow, head: number, position: number): number {
  if (row.kind === 'absent') return Number.NaN;
  const key = position - row.keyOffset;
  if (key < 0 || key >= row.keys) return Number.NaN;
  return row.values[head * row.keys + key] ?? Number.NaN;
}
