/** Which head of one run is which of another: the pairing with the largest total similarity. */

/** One head's partner, and by how much it beats its second best. */
export interface Match {
  readonly from: number;
  readonly to: number;
  readonly similarity: number;
  /** To the best other partner of `from`; `null` when there is none. */
  readonly margin: number | null;
}

/** The best pairing; when there are more rows than columns, some rows have no partner. */
export function bestMatches(similarity: readonly (readonly number[])[]): Match[] {
  const rows = similarity.length;
  const columns = similarity[0]?.length ?? 0;
  const size = Math.max(rows, columns);
  const cost = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, j) => -(similarity[i]?.[j] ?? 0)),
  );
  return assign(cost).flatMap((to, from) => {
    if (from >= rows || to >= columns) return [];
    const row = similarity[from] ?? [];
    const others = row.filter((_, j) => j !== to);
    const own = row[to] ?? 0;
    return [
      { from, to, similarity: own, margin: others.length > 0 ? own - Math.max(...others) : null },
    ];
  });
}

/** The Hungarian method on a square matrix of costs: for each row its column. O(n³). */
export function assign(cost: readonly (readonly number[])[]): number[] {
  const n = cost.length;
  const rowPotential = new Float64Array(n + 1);
  const columnPotential = new Float64Array(n + 1);
  /** Row (from 1) of each column; column 0 holds the row that is being placed. */
  const rowOf = new Int32Array(n + 1);
  for (let row = 1; row <= n; row += 1) {
    rowOf[0] = row;
    const least = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
    const before = new Int32Array(n + 1);
    const done = new Uint8Array(n + 1);
    let column = 0;
    do {
      done[column] = 1;
      const current = rowOf[column] as number;
      let delta = Number.POSITIVE_INFINITY;
      let next = 0;
      for (let j = 1; j <= n; j += 1) {
        if (done[j]) continue;
        const reduced =
          (cost[current - 1]?.[j - 1] ?? 0) -
          (rowPotential[current] as number) -
          (columnPotential[j] as number);
        if (reduced < (least[j] as number)) {
          least[j] = reduced;
          before[j] = column;
        }
        if ((least[j] as number) < delta) {
          delta = least[j] as number;
          next = j;
        }
      }
      for (let j = 0; j <= n; j += 1) {
        if (done[j]) {
          rowPotential[rowOf[j] as number] = (rowPotential[rowOf[j] as number] as number) + delta;
          columnPotential[j] = (columnPotential[j] as number) - delta;
        } else least[j] = (least[j] as number) - delta;
      }
      column = next;
    } while (rowOf[column] !== 0);
    for (; column !== 0; column = before[column] as number)
      rowOf[column] = rowOf[before[column] as number] as number;
  }
  const columnOf = new Array<number>(n).fill(-1);
  for (let j = 1; j <= n; j += 1) columnOf[(rowOf[j] as number) - 1] = j - 1;
  return columnOf;
}
