/** Drawings to the frames of a GIF: cells as they are, letters in ink or paper and nothing between. */
import type { Drawing, PictureMark } from './layout';
import { canvasOf, contextOf } from './raster';

const word = (...rgba: number[]): number =>
  new Uint32Array(Uint8Array.from(rgba).buffer)[0] as number;
const PAPER = word(255, 255, 255, 255);
const INK = word(32, 33, 36, 255);
/** Where nothing is applicable: hatching would only flicker at this size. */
const NOTHING = word(222, 222, 222, 255);

/** Darker than this is a letter. */
const THRESHOLD = 150;

/** A legend's bar would use up the whole table of colours: every 16th level tells as much. */
const BAR_STRIDE = 16;

/** The pixels of one frame, `drawing.width` by `drawing.height`, four bytes each. */
export function frameOf(drawing: Drawing): Uint8ClampedArray {
  const letters = { ...drawing, marks: drawing.marks.filter(({ kind }) => kind === 'text') };
  const canvas = canvasOf(letters, 1, true);
  const { data } = contextOf(canvas).getImageData(0, 0, canvas.width, canvas.height);
  const words = new Uint32Array(data.buffer);
  sharpen(words, data);
  for (const mark of drawing.marks) if (mark.kind === 'picture') stamp(words, canvas.width, mark);
  return data;
}

/** Letters without the greys between ink and paper, which would take colours from the cells. */
export function sharpen(words: Uint32Array, rgba: Uint8ClampedArray): void {
  for (let i = 0; i < words.length; i += 1)
    words[i] = (rgba[4 * i + 1] as number) < THRESHOLD ? INK : PAPER;
}

/** Enlarge a picture into `words`, whose lines are `width` pixels; what has no value is grey. */
export function stamp(words: Uint32Array, width: number, mark: PictureMark): void {
  const { rgba, width: columns, height: rows } = mark.pixels;
  const cells = new Uint32Array(rgba.buffer, rgba.byteOffset, columns * rows);
  const isBar = rows === 1 && columns === 256;
  const [left, top] = [Math.round(mark.x), Math.round(mark.y)];
  for (let y = 0; y < mark.height; y += 1) {
    const row = Math.floor((y * rows) / mark.height);
    for (let x = 0; x < mark.width; x += 1) {
      const column = Math.floor((x * columns) / mark.width);
      const at = row * columns + (isBar ? middleOf(column) : column);
      words[(top + y) * width + left + x] =
        rgba[4 * at + 3] === 0 ? NOTHING : (cells[at] as number);
    }
  }
}

function middleOf(level: number): number {
  return Math.floor(level / BAR_STRIDE) * BAR_STRIDE + BAR_STRIDE / 2;
}

/** Pixels on a page of another size, from its upper left corner: a longer line may wrap once more. */
export function fitted(
  rgba: Uint8ClampedArray,
  from: { readonly width: number; readonly height: number },
  to: { readonly width: number; readonly height: number },
): Uint8ClampedArray {
  if (from.width === to.width && from.height === to.height) return rgba;
  const page = new Uint8ClampedArray(to.width * to.height * 4).fill(255);
  const length = 4 * Math.min(from.width, to.width);
  for (let y = 0; y < Math.min(from.height, to.height); y += 1)
    page.set(rgba.subarray(4 * y * from.width, 4 * y * from.width + length), 4 * y * to.width);
  return page;
}
