/** Small frames for the tests of exports. */
import type { Attention } from '../../src/data/attention';

/** Two heads of `[3, 3]`, causal, one byte a cell. */
export function causal(more: Partial<Attention> = {}): Attention {
  return {
    step: 7,
    heads: 2,
    queries: 3,
    keys: 3,
    queryOffset: 1,
    keyOffset: 1,
    encoding: 'U8_SQRT',
    layout: 'LOWER_TRIANGLE',
    codes: Uint8Array.from([255, 128, 200, 0, 10, 255, 255, 1, 2, 3, 4, 5]),
    ...more,
  };
}
