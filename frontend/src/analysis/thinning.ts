/** Choosing few of many logged steps, evenly, so that a long training fits a picture. */

/** Which steps are drawn: every `every`-th, by index, and always the last. */
export interface Thinned {
  readonly indices: readonly number[];
  readonly every: number;
}

/**
 * At most about `most` of `count` indices. `every` is a power of two, so that a training that goes on
 * adds indices and keeps those that are already loaded.
 */
export function thinned(count: number, most: number): Thinned {
  let every = 1;
  while (Math.ceil(count / every) > Math.max(1, most)) every *= 2;
  const indices = Array.from({ length: Math.ceil(count / every) }, (_, i) => i * every);
  if (count > 0 && indices.at(-1) !== count - 1) indices.push(count - 1);
  return { indices, every };
}

/** The same values, ends first and then ever finer: a picture is whole from the start. */
export function coarseToFine(values: readonly number[]): number[] {
  const order = new Set<number>();
  let stride = 1;
  while (stride < values.length) stride *= 2;
  if (values.length > 0) order.add(values.at(-1) as number);
  for (; stride >= 1; stride /= 2) {
    for (let i = 0; i < values.length; i += stride) order.add(values[i] as number);
  }
  return [...order];
}
