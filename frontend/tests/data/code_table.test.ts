import { describe, expect, it } from 'vitest';
import { meanEntropyBits, valueOf, type Encoding } from '../../src/data/attention';
import { bitsOf, codeTable } from '../../src/data/code_table';

describe('a table of codes', () => {
  it.each(['U8_SQRT', 'U16', 'F16'] as const)(
    'says of %s what each code says itself',
    (encoding) => {
      const table = codeTable(encoding);
      for (const code of [0, 1, 100, 255]) {
        expect(table?.values[code]).toBe(valueOf(code, encoding));
        expect(table?.bits[code]).toBe(bitsOf(valueOf(code, encoding)));
      }
      expect(codeTable(encoding)).toBe(table);
    },
  );

  it('is not there for plain floats, nor for what is not known', () => {
    expect([codeTable('F32'), codeTable('toString')]).toEqual([null, null]);
  });

  it.each([
    ['U16', Uint16Array.of(32768, 32768)],
    ['F32', Float32Array.of(0.5, 0.5)],
  ] as [Encoding, Uint16Array | Float32Array][])(
    'gives one bit to two even keys in %s',
    (encoding, codes) => {
      const attention = { step: 0, heads: 1, queries: 1, keys: 2, queryOffset: 0, keyOffset: 0 };
      const bits = meanEntropyBits({ ...attention, encoding, layout: 'FULL', codes }, 0);
      expect(bits).toBeCloseTo(1, 4);
    },
  );
});
