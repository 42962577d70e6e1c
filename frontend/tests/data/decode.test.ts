import { describe, expect, it } from 'vitest';
import { read, type Attention } from '../../src/data/attention';
import { crc32c } from '../../src/data/crc32c';
import { bytesOf } from '../../src/data/cache';
import { decodeFrames, openContainer, type Frame } from '../../src/data/decode';
import { add } from '../../src/data/differences';
import { CorruptFrameError } from '../../src/data/errors';
import type { FrameHeader } from '../../src/data/schema';
import written from '../fixtures/frames.json';
import { body, header, zip } from '../frames_body';

interface Case {
  encoding: string;
  layout: string;
  shape: [number, number, number];
  raw_bytes: number;
  crc32c: number;
  chunk: string;
  attention: number[][][];
  error: number[][][];
}

const cases = written as unknown as Case[];
const RAW = Uint8Array.from([0, 128, 255, 64]);

function ready(frame: Frame | undefined): Attention {
  if (frame?.kind !== 'ready') throw new Error(`not ready: ${JSON.stringify(frame)}`);
  return frame.attention;
}

type Wrong = [string, Partial<FrameHeader>, Uint8Array[] | undefined];

async function only(
  more: Partial<FrameHeader>,
  chunks: Uint8Array[] = [zip(RAW)],
): Promise<Frame | undefined> {
  return (await decodeFrames(body({ frames: [header(RAW, more)], chunks })))[0];
}

describe('frames written by Python', () => {
  it('covers every encoding in both layouts', () => {
    expect(new Set(cases.map((c) => `${c.encoding} ${c.layout}`)).size).toBe(8);
  });

  it.each(cases)('$encoding $layout decodes to the same values and errors', async (c) => {
    const [heads, queries, keys] = c.shape;
    const frame = header(new Uint8Array(c.raw_bytes), {
      encoding: c.encoding,
      layout: c.layout,
      query_length: queries,
      key_length: keys,
      crc32c: c.crc32c,
    });
    const chunks = [new Uint8Array(Buffer.from(c.chunk, 'base64'))];
    const [decoded] = await decodeFrames(body({ frames: [frame], chunks, heads }));
    const attention = ready(decoded);
    for (let h = 0; h < heads; h += 1) {
      for (let q = 0; q < queries; q += 1) {
        for (let k = 0; k < keys; k += 1) {
          const reading = read(attention, h, q, k);
          if (c.layout === 'LOWER_TRIANGLE' && k > q) expect(reading).toBeNull();
          else {
            expect(reading?.value).toBeCloseTo(c.attention[h]?.[q]?.[k] ?? Number.NaN, 6);
            expect(reading?.error).toBeCloseTo(c.error[h]?.[q]?.[k] ?? Number.NaN, 9);
          }
        }
      }
    }
  });
});

describe('a difference to another frame', () => {
  const key = Uint8Array.from([10, 120, 255, 0]);

  it('is added to the chunk it refers to, modulo 256', async () => {
    const difference = RAW.map((byte, i) => byte - (key[i] as number));
    const frames = [header(key, { step: 0 }), header(RAW, { step: 1, chunk: 1 })];
    const stored = { 1: { reference: 0 } };
    const [first, second] = await decodeFrames(
      body({ frames, chunks: [zip(key), zip(difference)], stored }),
    );
    expect([...ready(first).codes]).toEqual([...key]);
    expect([...ready(second).codes]).toEqual([...RAW]);
  });

  it('may refer to a difference that is no frame of the answer, and be packed', async () => {
    const nibbles = Uint8Array.from([0x97, 0x08, 64]); // -1, +1, 0 and what is no nibble
    const second = Uint8Array.from([9, 121, 255, 64]);
    const stored = {
      1: { packing: 'NIBBLES', reference: 0 },
      2: { packing: 'NIBBLES', reference: 1 },
    };
    const frames = [header(second, { chunk: 2 })];
    const still = Uint8Array.from([0x88, 0x88]);
    const chunks = [zip(key), zip(nibbles), zip(still)];
    const [decoded] = await decodeFrames(body({ frames, chunks, stored }));
    expect([...ready(decoded).codes]).toEqual([...second]);
  });

  it.each([
    ['a later chunk', { reference: 1 }, 'a later chunk'],
    ['a packing this tab does not know', { packing: 'RICE' }, 'packing RICE'],
    ['bytes that are no nibbles of four cells', { packing: 'NIBBLES' }, 'do not hold 4'],
  ])('is corrupt with %s', async (_, wrong, why) => {
    const chunks = [zip(RAW), zip(RAW)];
    const answer = body({ frames: [header(RAW)], chunks, stored: { 0: wrong } });
    expect((await decodeFrames(answer))[0]).toMatchObject({
      kind: 'absent',
      reason: 'corrupt',
      detail: expect.stringContaining(why) as string,
    });
  });

  it('wraps around in both directions', () => {
    expect([...add(Uint8Array.from([255, 1]), Uint8Array.from([2, 255]))]).toEqual([1, 0]);
  });

  it('refuses a reference of another length', () => {
    expect(() => add(new Uint8Array(3), new Uint8Array(4))).toThrow(CorruptFrameError);
  });
});

describe('attention too long to be kept whole', () => {
  const reduction = { exact_rows: 2, overview_queries: 1, overview_keys: 2, top_k: 1 };
  // 1 head, 5 queries, 3 keys: rows 3 and 4; means and maxima of two tiles; 5 cells; their 5 keys.
  const bytes = [1, 2, 3, 4, 5, 6, 9, 9, 8, 8, 7, 7, 7, 7, 7, ...new Array<number>(10).fill(0)];
  const raw = Uint8Array.from(bytes);
  const more = { layout: 'REDUCED', reduction, query_length: 5, key_length: 3, query_offset: -1 };

  it('shows the row that predicts, and says of how many', async () => {
    const attention = ready(
      await only({ ...more, raw_bytes: 25, crc32c: crc32c(raw) }, [zip(raw)]),
    );
    expect([...attention.codes]).toEqual([4, 5, 6]);
    expect(attention).toMatchObject({ queries: 1, keys: 3, queryOffset: 3 });
  });

  it('keeps the overview and the largest cells beside it', async () => {
    const frame = await only({ ...more, raw_bytes: 25, crc32c: crc32c(raw) }, [zip(raw)]);
    expect(ready(frame).reduced).toEqual({
      queries: 5,
      tileQueries: 1,
      tileKeys: 2,
      topK: 1,
      mean: Uint8Array.from([9, 9]),
      maximum: Uint8Array.from([8, 8]),
      top: new Uint8Array(5).fill(7),
      topKeys: new Uint16Array(5),
    });
    expect(bytesOf(frame as Frame)).toBe(128 + 3 + 2 + 2 + 5 + 10);
  });

  it('is corrupt with a key that is none', async () => {
    const wrong = raw.slice();
    wrong[15] = 3;
    const header = { ...more, raw_bytes: 25, crc32c: crc32c(wrong) };
    expect(await only(header, [zip(wrong)])).toMatchObject({
      reason: 'corrupt',
      detail: 'key 3 of 3',
    });
  });

  it.each([
    ['without saying what was kept', { reduction: null }],
    ['with sections that do not fit its bytes', { reduction: { ...reduction, top_k: 2 } }],
    ['without an exact row', { reduction: { ...reduction, exact_rows: 0, overview_keys: 5 } }],
  ])('is corrupt %s', async (_, wrong) => {
    const header = { ...more, ...wrong, raw_bytes: 25, crc32c: crc32c(raw) };
    expect(await only(header, [zip(raw)])).toMatchObject({ kind: 'absent', reason: 'corrupt' });
  });
});

describe('what is wrong with one frame stays with that frame', () => {
  it.each([
    ['another checksum', { crc32c: 1 }, undefined],
    ['too few bytes for its shape', { query_length: 3 }, undefined],
    ['an encoding nobody knows', { encoding: 'U4' }, undefined],
    ['a layout nobody knows', { layout: 'UPPER_TRIANGLE' }, undefined],
    ['a triangle that is not square', { layout: 'LOWER_TRIANGLE', query_length: 1 }, undefined],
    ['a chunk that is not there', { chunk: 9 }, undefined],
    ['a chunk that is cut short', {}, [zip(RAW).slice(0, 6)]],
    ['a chunk that is not zlib', {}, [new Uint8Array(12).fill(7)]],
    ['a chunk that inflates to more', {}, [zip(new Uint8Array(4096))]],
    ['a chunk that inflates to less', {}, [zip(new Uint8Array(3))]],
  ] satisfies Wrong[])('%s', async (_, more, chunks) => {
    const frame = await only(more, chunks);
    expect(frame).toMatchObject({ kind: 'absent', reason: 'corrupt', step: 1 });
  });

  it('leaves the others readable', async () => {
    const frames = [header(RAW, { step: 1, crc32c: 1 }), header(RAW, { step: 2 })];
    const decoded = await decodeFrames(body({ frames, chunks: [zip(RAW)] }));
    expect(decoded.map((frame) => frame.kind)).toEqual(['absent', 'ready']);
  });

  it('says why a step is absent', async () => {
    const absent = [{ step: 3, reason: 'dropped', detail: 'queue full' }];
    const decoded = await decodeFrames(body({ frames: [], chunks: [], absent }));
    expect(decoded).toEqual([{ kind: 'absent', step: 3, reason: 'dropped', detail: 'queue full' }]);
  });
});

describe('an answer that is no use at all', () => {
  const whole = body({ frames: [header(RAW)], chunks: [zip(RAW)] });

  it.each([0, 3, 4, 40])('cut to %i bytes', async (length) => {
    await expect(decodeFrames(whole.slice(0, length))).rejects.toMatchObject({ kind: 'malformed' });
  });

  it('cut inside the chunks is corrupt, not malformed', async () => {
    const [frame] = await decodeFrames(whole.slice(0, whole.byteLength - 3));
    expect(frame).toMatchObject({ kind: 'absent', reason: 'corrupt' });
  });

  it('of a newer version', async () => {
    const newer = body({ frames: [], chunks: [], formatVersion: 2 });
    await expect(decodeFrames(newer)).rejects.toMatchObject({ kind: 'newer_format' });
  });

  it('with a header that is not what was agreed', async () => {
    const text = '{"format_version": 1}';
    const bytes = new Uint8Array(4 + text.length);
    new DataView(bytes.buffer).setUint32(0, text.length, true);
    bytes.set(new TextEncoder().encode(text), 4);
    await expect(decodeFrames(bytes.buffer)).rejects.toMatchObject({ kind: 'malformed' });
  });

  it('finds chunks after the padded header', () => {
    expect(openContainer(whole).chunks.map((chunk) => [...chunk])).toEqual([[...zip(RAW)]]);
  });
});
