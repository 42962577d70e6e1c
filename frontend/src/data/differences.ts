/**
 * Difference frames made absolute: the browser's twin of `tensorboard_plugin_attn/differences.py`.
 */
import { CorruptFrameError } from './errors';

const ZERO = 8;

/** The `cells` differences in `packed`: nibbles, and behind them what is no nibble. */
export function unpack(packed: Uint8Array, cells: number): Uint8Array {
  const difference = new Uint8Array(cells);
  let behind = (cells + 1) >> 1;
  for (let i = 0; i < cells; i += 1) {
    const pair = packed[i >> 1] ?? 0;
    const nibble = i & 1 ? pair >> 4 : pair & 15;
    difference[i] = nibble === 0 ? (packed[behind++] ?? 0) : nibble - ZERO;
  }
  if (behind !== packed.length) {
    throw new CorruptFrameError(`${packed.length} packed bytes do not hold ${cells} differences`);
  }
  return difference;
}

/** `difference + reference` byte by byte, modulo 256. */
export function add(difference: Uint8Array, reference: Uint8Array): Uint8Array {
  if (difference.length !== reference.length) {
    throw new CorruptFrameError(
      `${difference.length} bytes differ from a reference of ${reference.length}`,
    );
  }
  const sum = new Uint8Array(difference.length);
  for (let i = 0; i < sum.length; i += 1) {
    sum[i] = (difference[i] as number) + (reference[i] as number);
  }
  return sum;
}
