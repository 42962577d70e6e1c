/** What the newest query attends to, in one head or averaged over several, with the error of each number. */
import { read, type Attention } from '../data/attention';

/** Attention on every key, and its largest possible distance from what was captured. */
export interface PredictingRow {
  readonly values: Float64Array;
  readonly errors: Float64Array;
}

/** The last query's row, averaged over `heads`; `NaN` where not applicable. */
export function predictingRow(attention: Attention, heads: readonly number[]): PredictingRow {
  const values = new Float64Array(attention.keys);
  const errors = new Float64Array(attention.keys);
  for (let key = 0; key < attention.keys; key += 1) {
    for (const head of heads) {
      const reading = read(attention, head, attention.queries - 1, key);
      values[key] = (values[key] ?? 0) + (reading?.value ?? Number.NaN) / heads.length;
      errors[key] = (errors[key] ?? 0) + (reading?.error ?? Number.NaN) / heads.length;
    }
  }
  return { values, errors };
}
