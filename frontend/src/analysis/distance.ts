/** How different two distributions of attention are. `NaN` means not applicable and counts as zero. */
import { rowOf, type Attention } from '../data/attention';

type Row = ArrayLike<number>;

/** What is compared at the top of a row. */
export const TOP_KEYS = 5;

const share = (row: Row, key: number): number => Math.max(0, row[key] || 0);

function sumOf(row: Row): number {
  let sum = 0;
  for (let key = 0; key < row.length; key += 1) sum += share(row, key);
  return sum;
}

/** Jensen–Shannon divergence in bits, 0 to 1, of two rows made to sum to 1; `NaN` if one is empty. */
export function jensenShannonBits(p: Row, q: Row): number {
  const [sumP, sumQ] = [sumOf(p), sumOf(q)];
  if (sumP <= 0 || sumQ <= 0 || p.length !== q.length) return Number.NaN;
  let bits = 0;
  for (let key = 0; key < p.length; key += 1) {
    const [a, b] = [share(p, key) / sumP, share(q, key) / sumQ];
    const mean = (a + b) / 2;
    if (a > 0) bits += (a / 2) * Math.log2(a / mean);
    if (b > 0) bits += (b / 2) * Math.log2(b / mean);
  }
  return Math.min(1, Math.max(0, bits));
}

/** Indices of the `count` largest weights; of equal ones, the earlier key. */
export function topKeys(row: Row, count: number): number[] {
  return Array.from(row, (_, key) => key)
    .filter((key) => share(row, key) > 0)
    .sort((a, b) => share(row, b) - share(row, a) || a - b)
    .slice(0, count);
}

/** Share of the `count` strongest keys that two rows have in common, 0 to 1; `NaN` if one is empty. */
export function topOverlap(p: Row, q: Row, count = TOP_KEYS): number {
  const [a, b] = [topKeys(p, count), topKeys(q, count)];
  const most = Math.min(count, Math.max(a.length, b.length));
  if (a.length === 0 || b.length === 0) return Number.NaN;
  return a.filter((key) => b.includes(key)).length / most;
}

/** Two heads in two numbers, averaged over the rows that both have. */
export interface Distance {
  readonly bits: number;
  readonly overlap: number;
  readonly rows: number;
}

/** A head of a frame. */
export interface HeadAt {
  readonly attention: Attention;
  readonly head: number;
}

/** Mean distance over the rows of two heads with the same queries and keys. */
export function distanceOf(a: HeadAt, b: HeadAt): Distance {
  let [bits, overlap, rows] = [0, 0, 0];
  for (let query = 0; query < Math.min(a.attention.queries, b.attention.queries); query += 1) {
    const [p, q] = [rowOf(a.attention, a.head, query), rowOf(b.attention, b.head, query)];
    const distance = jensenShannonBits(p, q);
    if (Number.isNaN(distance)) continue;
    bits += distance;
    overlap += topOverlap(p, q);
    rows += 1;
  }
  return { bits: bits / rows, overlap: overlap / rows, rows };
}
