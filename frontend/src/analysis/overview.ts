/** Attention too long to be kept whole, as a picture of tiles, and the cells that are known exactly. */
import { valueOf, errorOf, type Attention, type Codes } from '../data/attention';
import type { Frame } from '../data/decode';
import type { Aggregate, Reduced } from '../data/reduced';

/** As the writer: what is above the diagonal is nothing if it is no more than rounding. */
const NOTHING = 1e-6;

/** The first and the last place of a tile, of `tiles` over `length` places. */
export function spanOf(
  tile: number,
  tiles: number,
  length: number,
): { readonly first: number; readonly last: number } {
  const edge = (at: number): number => Math.floor((at * length) / tiles);
  return { first: edge(tile), last: edge(tile + 1) - 1 };
}

/** Places of the largest tile. */
export function largestTile(tiles: number, length: number): number {
  return Math.ceil(length / tiles);
}

const pictures = new WeakMap<Attention, Map<string, Attention>>();

/**
 * The overview of reduced attention, made once for each aggregate; `null` if nothing was reduced.
 *
 * Tiles that lie above the diagonal of a causal layer hold nothing that is applicable.
 */
export function overviewOf(
  attention: Attention,
  aggregate: Aggregate,
  causal: boolean,
): Attention | null {
  const { reduced } = attention;
  if (!reduced) return null;
  const known = pictures.get(attention) ?? new Map<string, Attention>();
  pictures.set(attention, known);
  const key = `${aggregate}${causal}`;
  const made = known.get(key) ?? pictureOf(attention, reduced, aggregate, causal);
  known.set(key, made);
  return made;
}

/** A frame whose picture is the overview, if it was reduced; else the frame itself. */
export function overviewFrame(
  frame: Frame | undefined,
  aggregate: Aggregate,
  causal: boolean,
): Frame | undefined {
  const picture = frame?.kind === 'ready' && overviewOf(frame.attention, aggregate, causal);
  return picture ? frameOf(picture) : frame;
}

const frames = new WeakMap<Attention, Frame>();

function frameOf(attention: Attention): Frame {
  const frame = frames.get(attention) ?? { kind: 'ready', step: attention.step, attention };
  frames.set(attention, frame);
  return frame;
}

function pictureOf(
  attention: Attention,
  reduced: Reduced,
  aggregate: Aggregate,
  causal: boolean,
): Attention {
  const { step, heads, keys, keyOffset, keyAxis, queryAxis, queryOffset, encoding } = attention;
  const { queries, tileQueries, tileKeys } = reduced;
  const whole = { queries, keys, queryOffset: queryOffset - queries + 1, keyOffset };
  const isTriangle = causal && queries === keys && isLower(attention, reduced);
  const codes = reduced[aggregate];
  return {
    step,
    heads,
    queries: tileQueries,
    keys: tileKeys,
    queryOffset: 0,
    keyOffset: 0,
    ...(keyAxis ? { keyAxis } : {}),
    ...(queryAxis ? { queryAxis } : {}),
    encoding,
    layout: isTriangle ? 'LOWER_TRIANGLE' : 'FULL',
    codes: isTriangle ? lowerOf(codes, heads, tileQueries) : codes,
    tiles: { aggregate, ...whole },
  };
}

/** Whether no tile above the diagonal holds anything. A tile is above it if its number is larger. */
function isLower({ heads, encoding }: Attention, reduced: Reduced): boolean {
  const { tileQueries: side, tileKeys, maximum } = reduced;
  if (side !== tileKeys) return false;
  for (let row = 0; row < heads * side; row += 1) {
    for (let key = (row % side) + 1; key < side; key += 1)
      if (valueOf(maximum[row * side + key] ?? 0, encoding) > NOTHING) return false;
  }
  return true;
}

function lowerOf(codes: Codes, heads: number, side: number): Codes {
  const lower = codes.slice(0, (heads * side * (side + 1)) / 2);
  let at = 0;
  for (let row = 0; row < heads * side; row += 1) {
    const count = (row % side) + 1;
    lower.set(codes.subarray(row * side, row * side + count), at);
    at += count;
  }
  return lower;
}

/** One cell of the whole, known exactly. */
export interface TopCell {
  readonly query: number;
  readonly key: number;
  readonly value: number;
  readonly error: number;
}

/** The largest of the cells that were kept of queries `first` to `last`, largest first. */
export function largestCells(
  { reduced, encoding }: Attention,
  head: number,
  { first, last }: { readonly first: number; readonly last: number },
  count: number,
): TopCell[] {
  if (!reduced) return [];
  const { queries, topK, top, topKeys } = reduced;
  const cells: TopCell[] = [];
  for (let query = first; query <= last; query += 1) {
    for (let k = 0; k < topK; k += 1) {
      const at = (head * queries + query) * topK + k;
      const code = top[at] ?? 0;
      const value = valueOf(code, encoding);
      if (value > 0)
        cells.push({ query, key: topKeys[at] ?? 0, value, error: errorOf(code, encoding) });
    }
  }
  return cells.sort((a, b) => b.value - a.value || a.query - b.query).slice(0, count);
}

/** The tile that holds a place, of `tiles` over `length` places. */
export function tileAt(place: number, tiles: number, length: number): number {
  // The largest t with floor(t * length / tiles) <= place.
  return Math.ceil(((place + 1) * tiles) / length) - 1;
}
