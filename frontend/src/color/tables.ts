/** Colour tables as bytes: cells are coloured by looking up one of 256 levels. */
import { DIVERGING_HEX, LUT_HEX } from './luts';

/** A sequential colour table. */
export type TableName = keyof typeof LUT_HEX;
/** Any colour table; a diverging one is for values with a sign. */
export type AnyTable = TableName | keyof typeof DIVERGING_HEX;

/** All sequential tables; the first is the default. */
export const TABLE_NAMES = Object.keys(LUT_HEX) as TableName[];

const cache = new Map<AnyTable, Uint8Array>();
const HEX: Record<AnyTable, string> = { ...LUT_HEX, ...DIVERGING_HEX };

/** `[level][r, g, b]`, 256 levels, flat. */
export function tableOf(name: AnyTable): Uint8Array {
  const known = cache.get(name) ?? bytesOf(HEX[name]);
  cache.set(name, known);
  return known;
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(hex.length / 2).map((_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
}

/** A level's colour for CSS. */
export function cssOf(name: AnyTable, level: number): string {
  const table = tableOf(name);
  return `rgb(${table[3 * level]} ${table[3 * level + 1]} ${table[3 * level + 2]})`;
}

/** A table as a CSS gradient, low end first. */
export function gradientOf(name: AnyTable, direction: string): string {
  const stops = Array.from({ length: 17 }, (_, i) => cssOf(name, Math.min(255, i * 16)));
  return `linear-gradient(${direction}, ${stops.join(', ')})`;
}
