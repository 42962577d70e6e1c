/** What the predicting query attends to, in one head or averaged over several, with the error of each number. */
import { read, type Attention } from '../data/attention';

/** Attention on every key, and its largest possible distance from what was captured. */
export interface PredictingRow {
  readonly values: Float64Array;
  readonly errors: Float64Array;
}

/** The row of `query`, the last if none is given, averaged over `heads`; `NaN` where not applicable. */
export function predictingRow(
  attention: Attention,
  heads: readonly number[],
  query: number = attention.queries - 1,
): PredictingRow {
  const values = new Float64Array(attention.keys);
  const errors = new Float64Array(attention.keys);
  for (let key = 0; key < attention.keys; key += 1) {
    for (const head of heads) {
      const reading = read(attention, head, query, key);
      values[key] = (values[key] ?? 0) + (reading?.value ?? Number.NaN) / heads.length;
      errors[key] = (errors[key] ?? 0) + (reading?.error ?? Number.NaN) / heads.length;
    }
  }
  return { values, errors };
}
