/**
 * Frames to an animated GIF. Cells keep the exact colours of their table.
 *
 * A GIF holds 256 colours a frame. Paper, ink and hatching take three; a frame that uses more levels
 * than are left shows its rarest ones as their nearest neighbours, 1/255 of the scale away.
 */
import { GIFEncoder } from 'gifenc/dist/gifenc.esm.js';

const MOST_COLOURS = 256;
/** Browsers play anything shorter at a tenth of a second. */
const LEAST_DELAY_MS = 20;

type Colour = [number, number, number];

/** Writes frames one after another; every frame has a colour table of its own. */
export class GifWriter {
  private readonly encoder = GIFEncoder();

  /** All frames have this size and show for `delayMs`. */
  constructor(
    readonly width: number,
    readonly height: number,
    readonly delayMs: number,
  ) {}

  /** Add a frame of `width * height` pixels, four bytes each; alpha is not looked at. */
  add(rgba: Uint8ClampedArray): void {
    const { indices, colours } = indexed(rgba);
    const delay = Math.max(LEAST_DELAY_MS, this.delayMs);
    this.encoder.writeFrame(indices, this.width, this.height, { palette: colours, delay });
  }

  /** The file; nothing can be added after. */
  finish(): Uint8Array<ArrayBuffer> {
    this.encoder.finish();
    return this.encoder.bytes() as Uint8Array<ArrayBuffer>;
  }
}

/** Each pixel's place in a table of at most 256 colours. */
export function indexed(rgba: Uint8ClampedArray): { indices: Uint8Array; colours: Colour[] } {
  const words = new Uint32Array(rgba.buffer, rgba.byteOffset, rgba.length / 4);
  const ranked = usesOf(words).sort((a, b) => b.count - a.count);
  const partsOf = ({ at }: Use): Colour => [...rgba.subarray(4 * at, 4 * at + 3)] as Colour;
  const colours = ranked.slice(0, MOST_COLOURS).map(partsOf);
  const placeOf = new Map(
    ranked.map((use, place) => [
      words[use.at] as number,
      place < MOST_COLOURS ? place : nearest(colours, partsOf(use)),
    ]),
  );
  const indices = new Uint8Array(words.length);
  let [known, place] = [-1, 0];
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] as number;
    if (word !== known) [known, place] = [word, placeOf.get(word) as number];
    indices[i] = place;
  }
  return { indices, colours };
}

interface Use {
  /** A pixel that has the colour. */
  readonly at: number;
  count: number;
}

/** Every colour with how often it is used; runs of one colour are looked up once. */
function usesOf(words: Uint32Array): Use[] {
  const uses = new Map<number, Use>();
  let use: Use | undefined;
  for (let i = 0; i < words.length; i += 1) {
    if (i === 0 || words[i] !== words[i - 1]) {
      use = uses.get(words[i] as number) ?? { at: i, count: 0 };
      uses.set(words[i] as number, use);
    }
    if (use) use.count += 1;
  }
  return [...uses.values()];
}

function nearest(colours: readonly Colour[], wanted: Colour): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  colours.forEach((colour, place) => {
    const distance = colour.reduce((sum, part, i) => sum + (part - (wanted[i] ?? 0)) ** 2, 0);
    if (distance < least) [best, least] = [place, distance];
  });
  return best;
}
