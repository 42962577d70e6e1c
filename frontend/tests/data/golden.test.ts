/** A real /frames answer of the first released format, committed once: it stays readable. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { read } from '../../src/data/attention';
import { decodeFrames } from '../../src/data/decode';

interface ExpectedFrame {
  step: number;
  encoding: string;
  layout: string;
  query_length: number;
  key_length: number;
  head_count: number;
  codes_base64: string;
  /** As captured, before quantisation. */
  attention_base64: string;
}

interface Expected {
  steps: number[];
  absent: { step: number; reason: string; detail: string }[];
  frames: ExpectedFrame[];
}

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, '../../../tests/fixtures/golden/v1');
const expected = JSON.parse(readFileSync(join(folder, 'frames.expected.json'), 'utf8')) as Expected;

/** Attention `[head, query, key]`, flat. */
function floats(base64: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  return new Float32Array(bytes.buffer);
}

async function decoded(): ReturnType<typeof decodeFrames> {
  const file = readFileSync(join(folder, 'frames.bin'));
  return decodeFrames(Uint8Array.from(file).buffer);
}

describe('the golden answer of format 1', () => {
  it('names every step, and why one is absent', async () => {
    const frames = await decoded();
    const steps = frames.map((frame) => frame.step).sort((a, b) => a - b);
    expect(steps).toEqual([...expected.steps, ...expected.absent.map((gap) => gap.step)]);
  });

  it.each(expected.frames)(
    'decodes step $step ($encoding, $layout) to what was captured',
    async (want) => {
      const frame = (await decoded()).find((found) => found.step === want.step);
      if (frame?.kind !== 'ready') throw new Error(`step ${want.step} is ${frame?.kind}`);
      const { codes } = frame.attention;
      const stored = Buffer.from(codes.buffer, codes.byteOffset, codes.byteLength);
      expect(stored.toString('base64')).toBe(want.codes_base64);
      const captured = floats(want.attention_base64);
      for (let head = 0; head < want.head_count; head++) {
        for (let query = 0; query < want.query_length; query++) {
          for (let key = 0; key < want.key_length; key++) {
            const at = (head * want.query_length + query) * want.key_length + key;
            const cell = read(frame.attention, head, query, key);
            if (want.layout !== 'FULL' && key > query) expect(cell).toBeNull();
            else
              expect(distance(cell?.value, captured[at])).toBeLessThanOrEqual(cell?.error ?? NaN);
          }
        }
      }
    },
  );
});

/** How far apart, up to what float32 itself cannot tell. */
function distance(shown = NaN, captured = NaN): number {
  return Math.max(0, Math.abs(shown - captured) - 1e-7);
}
