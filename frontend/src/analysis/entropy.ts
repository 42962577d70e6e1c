/** How spread out attention could be at most, as the yardstick for how spread out it is. */

/** Shape of one head: how many keys each query may attend to. */
export interface HeadShape {
  readonly queries: number;
  readonly keys: number;
  /** A query may attend to itself and what is before it only. */
  readonly causal: boolean;
}

/** Keys a query may attend to. */
export function keysOfQuery(shape: HeadShape, query: number): number {
  if (!shape.causal) return shape.keys;
  return Math.max(1, Math.min(shape.keys, shape.keys - shape.queries + query + 1));
}

/** Entropy in bits of perfectly even attention, averaged over queries. */
export function uniformBits(shape: HeadShape): number {
  let sum = 0;
  for (let query = 0; query < shape.queries; query += 1)
    sum += Math.log2(keysOfQuery(shape, query));
  return sum / Math.max(1, shape.queries);
}
