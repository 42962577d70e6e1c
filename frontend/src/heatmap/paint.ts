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

/** Colour one head of `attention`. */
export function paint(attention: Attention, head: number, palette: Palette): Pixels {
  const { queries, keys, layout } = attention;
  const rgba = new Uint8ClampedArray(queries * keys * 4);
  const words = new Uint32Array(rgba.buffer);
  const colourOf = colourer(attention.encoding, palette);
  let index = head * cellsPerHead(queries, keys, layout);
  for (let query = 0; query < queries; query += 1) {
    const applicable = layout === 'LOWER_TRIANGLE' ? query + 1 : keys;
    for (let key = 0; key < applicable; key += 1) {
      words[query * keys + key] = colourOf(attention.codes[index] ?? 0);
      index += 1;
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

/** From a stored code to its pixel; codes of one byte go through a table of 256. */
function colourer(encoding: Encoding, { table, scale }: Palette): (code: number) => number {
  const words = wordsOf(table);
  const word = (code: number): number => words[levelOf(valueOf(code, encoding), scale)] as number;
  if (encoding !== 'U8_SQRT') return word;
  const byCode = new Uint32Array(256).map((_, code) => word(code));
  return (code) => byCode[code] as number;
}
