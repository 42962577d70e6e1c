/** One row of attention as the output of a softmax: what it adds up to, and how far that can be off. */
import { read, type Attention, type Reading } from '../data/attention';

/** A query's row; its readings are `null` where not applicable. */
export interface SoftmaxRow {
  readonly readings: readonly (Reading | null)[];
  /** Keys the query may attend to. */
  readonly keys: number;
  readonly sum: number;
  /** The sum of the cells' bounds: the sum is not farther from the captured one. */
  readonly error: number;
  /** The key with the most attention. */
  readonly strongest: number;
}

/** The row of one query in one head. */
export function softmaxRow(attention: Attention, head: number, query: number): SoftmaxRow {
  const readings = Array.from({ length: attention.keys }, (_, key) =>
    read(attention, head, query, key),
  );
  const known = readings.filter((reading) => reading !== null);
  const strongest = readings.reduce(
    (best, reading, key) => ((reading?.value ?? -1) > (readings[best]?.value ?? -1) ? key : best),
    0,
  );
  return {
    readings,
    keys: known.length,
    sum: known.reduce((total, { value }) => total + value, 0),
    error: known.reduce((total, { error }) => total + error, 0),
    strongest,
  };
}
