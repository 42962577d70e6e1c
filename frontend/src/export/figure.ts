/** What a picture on screen consists of, in words and pixels, before anyone decides where it goes. */
import { legendTicks, positionOf } from '../color/scale';
import { errorOf, cellsPerHead, type Attention } from '../data/attention';
import { wordsOf, type Palette, type Pixels } from '../heatmap/paint';

/** One heatmap with what is written around it. */
export interface Panel {
  readonly title: string;
  /** One pixel per cell; what is transparent is not applicable and drawn hatched. */
  readonly pixels: Pixels;
  /** Titles of rows and columns; `null` leaves them out, as in small pictures. */
  readonly rows: readonly string[] | null;
  readonly columns: readonly string[] | null;
}

/** What colours mean: a bar of 256 levels, values beside it, and a sentence. */
export interface Legend {
  readonly title: string;
  readonly bar: Pixels;
  /** Where a value lies on the bar, in [0, 1], and how it is written. */
  readonly ticks: readonly (readonly [number, string])[];
  readonly note: string;
}

/** Everything that is seen of one view. */
export interface Figure {
  readonly title: string;
  /** Which run, layer, head, user and step. */
  readonly lines: readonly string[];
  /** What rows and columns are. */
  readonly axes: string;
  readonly panels: readonly Panel[];
  readonly perRow: number;
  readonly legends: readonly Legend[];
  /** The error bound, and what attention is not. */
  readonly notes: readonly string[];
}

/** The legend of a palette; `write` formats a value of the scale. */
export function legendOf(
  { table, scale }: Palette,
  title: string,
  note: string,
  write: (value: number) => string,
): Legend {
  const words = wordsOf(table);
  const rgba = new Uint8ClampedArray(256 * 4);
  new Uint32Array(rgba.buffer).set(words);
  const ticks = legendTicks(scale).map(
    (value) => [positionOf(value, scale), write(value)] as const,
  );
  return { title, bar: { width: 256, height: 1, rgba }, ticks, note };
}

/** The largest possible |shown - captured| of any cell of one head. */
export function largestError(attention: Attention, head: number): number {
  const { queries, keys, layout, encoding, codes } = attention;
  const count = cellsPerHead(queries, keys, layout);
  let most = 0;
  for (let i = head * count; i < (head + 1) * count; i += 1)
    most = Math.max(most, errorOf(codes[i] ?? 0, encoding));
  return most;
}
