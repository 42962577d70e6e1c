/**
 * Cells to pixels: one pixel per cell, by table lookup, identical on every machine.
 *
 * What is not applicable stays transparent and shows the hatching behind the canvas; a cell of
 * zero gets the low end of the scale. The two are never the same.
 */
import { tableOf, type AnyTable } from '../color/tables';
import { levelOf, type Scale } from '../color/scale';
import { cellsPerHead, valueOf, type Attention, type Encoding } from '../data/attention';

/** How attention becomes colour. */
export interface Palette {
  readonly table: AnyTable;
  readonly scale: Scale;
}

/** Pixels of one head: `width` keys by `height` queries, four bytes each. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

/**
 * Colour one head of `attention`.
 *
 * Pixels of the same size are written over, if given: new ones at every step of a scrub are work
 * for the garbage collector, which then takes its time when a frame is due.
 */
export function paint(
  attention: Attention,
  head: number,
  palette: Palette,
  over?: Pixels | null,
): Pixels {
  const { queries, keys, layout, codes } = attention;
  const isSame = over?.width === keys && over.height === queries;
  const rgba = isSame ? over.rgba.fill(0) : new Uint8ClampedArray(queries * keys * 4);
  const words = new Uint32Array(rgba.buffer);
  const byCode = wordsByCode(attention.encoding, palette);
  const wordOf = byCode ? null : colourer(attention.encoding, palette);
  let index = head * cellsPerHead(queries, keys, layout);
  for (let query = 0; query < queries; query += 1) {
    const start = query * keys;
    const end = start + (layout === 'LOWER_TRIANGLE' ? query + 1 : keys);
    for (let at = start; at < end; at += 1, index += 1) {
      const code = codes[index] as number;
      words[at] = byCode ? (byCode[code] as number) : (wordOf?.(code) ?? 0);
    }
  }
  return { width: keys, height: queries, rgba };
}

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** One word per level, in the byte order of this machine: red first in memory. */
export function wordsOf(table: AnyTable): Uint32Array {
  const bytes = tableOf(table);
  return new Uint32Array(256).map((_, level) => {
    const [r, g, b] = bytes.subarray(3 * level, 3 * level + 3) as unknown as [
      number,
      number,
      number,
    ];
    return LITTLE_ENDIAN
      ? (255 << 24) | (b << 16) | (g << 8) | r
      : (r << 24) | (g << 16) | (b << 8) | 255;
  });
}

/** From a stored code to its pixel. */
function colourer(encoding: Encoding, { table, scale }: Palette): (code: number) => number {
  const words = wordsOf(table);
  return (code) => words[levelOf(valueOf(code, encoding), scale)] as number;
}

const known = new WeakMap<Palette, Uint32Array>();

/** Pixels of all codes of one byte, made once for all heads and steps; `null` for wider codes. */
function wordsByCode(encoding: Encoding, palette: Palette): Uint32Array | null {
  if (encoding !== 'U8_SQRT') return null;
  let words = known.get(palette);
  if (!words) {
    const wordOf = colourer(encoding, palette);
    words = Uint32Array.from({ length: 256 }, (_, code) => wordOf(code));
    known.set(palette, words);
  }
  return words;
}
