import { describe, expect, it } from 'vitest';
import { Client } from '../../src/data/client';
import { Axes } from '../../src/state/axes.svelte';
import { Evolution, MOST_COLUMNS } from '../../src/state/evolution.svelte';
import { Measurements } from '../../src/state/measurements.svelte';
import { body, header, zip } from '../frames_body';

const RAW = Uint8Array.from([1, 2, 3, 255]);
const CLIP = { run: 'r', layer: 'l', user: 0 };
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function setup() {
  const asked: number[][] = [];
  const state = { down: false };
  const client = new Client((url) => {
    const steps = new URLSearchParams(url.split('?')[1]).get('steps')?.split(',').map(Number) ?? [];
    asked.push(steps);
    if (state.down) return Promise.reject(new TypeError('down'));
    const found = steps.filter((step) => step !== 7);
    const frames = found.map((step) => header(RAW, { step }));
    return Promise.resolve(new Response(body({ frames, chunks: [zip(RAW)] })));
  });
  return { evolution: new Evolution(client, new Axes(client)), asked, state };
}

async function until(done: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !done(); i += 1) await new Promise((next) => setImmediate(next));
}

describe('the evolution', () => {
  it('loads an even choice of steps, coarse to fine, each once', async () => {
    const { evolution, asked } = setup();
    const steps = range(1000);
    evolution.look(CLIP, steps);
    await until(() => evolution.loaded.length === evolution.plan.indices.length);
    expect(evolution.plan.indices.length).toBeLessThanOrEqual(MOST_COLUMNS + 1);
    expect(asked.flat().length).toBe(new Set(asked.flat()).size);
    expect(asked[0]).toContain(999);
    expect(Math.max(...asked.map((batch) => batch.length))).toBeLessThanOrEqual(32);
    expect(evolution.row(0)?.kind).toBe('ready');
    expect(evolution.peak(0)).toBe(1);
  });

  it('knows what the server did not answer as not there, and asks again when the log changed', async () => {
    const { evolution, asked } = setup();
    evolution.look(CLIP, range(10));
    await until(() => evolution.loaded.length === 10);
    expect(evolution.row(7)).toMatchObject({ kind: 'absent', reason: 'not_logged' });
    evolution.forget('r', false);
    evolution.look(CLIP, range(10));
    await until(() => asked.length === 2);
    expect(asked[1]).toEqual([7]);
  });

  it('asks for new steps only, and keeps other clips', async () => {
    const { evolution, asked } = setup();
    evolution.look(CLIP, range(6));
    await until(() => evolution.loaded.length === 6);
    evolution.look(CLIP, [...range(6), 8]);
    await until(() => evolution.loaded.length === 7);
    evolution.look({ ...CLIP, user: 1 }, range(6));
    await until(() => evolution.loaded.length === 6);
    evolution.look(CLIP, range(6));
    expect(evolution.loaded.length).toBe(6);
    expect(asked.map((batch) => batch.length)).toEqual([6, 1, 6]);
  });

  it('keeps the rows of each query apart', async () => {
    const { evolution, asked } = setup();
    const valuesAt = (step: number): number[] => {
      const row = evolution.row(step);
      return row?.kind === 'ready' ? [...row.values] : [];
    };
    evolution.look(CLIP, [0]);
    await until(() => evolution.loaded.length === 1);
    const last = valuesAt(0);
    evolution.look(CLIP, [0], 0);
    await until(() => evolution.loaded.length === 1);
    expect(valuesAt(0)).not.toEqual(last);
    evolution.look(CLIP, [0], 5);
    await until(() => evolution.loaded.length === 1);
    expect(evolution.row(0)).toMatchObject({ kind: 'absent', reason: 'not_logged' });
    expect(asked.length).toBe(3);
  });

  it('stops at a failure until forgiven', async () => {
    const { evolution, asked, state } = setup();
    state.down = true;
    evolution.look(CLIP, range(4));
    await until(() => evolution.failure !== null);
    evolution.look(CLIP, range(4));
    expect(asked.length).toBe(1);
    state.down = false;
    evolution.forgive();
    evolution.look(CLIP, range(4));
    await until(() => evolution.loaded.length === 4);
    expect(evolution.failure).toBeNull();
  });
});

describe('measurements', () => {
  it('are asked for one after the other, and again when the log grew', async () => {
    let under = 0;
    let most = 0;
    let asked = 0;
    const client = new Client(async (url) => {
      asked += 1;
      most = Math.max(most, (under += 1));
      await new Promise((next) => setImmediate(next));
      under -= 1;
      const { run, layer, user } = Object.fromEntries(new URLSearchParams(url.split('?')[1]));
      return Response.json({ run, layer, user: Number(user), steps: [1], measures: {} });
    });
    const measurements = new Measurements(client);
    const clips = range(3).map((user) => ({ ...CLIP, user }));
    measurements.look(clips, 1);
    await until(() => clips.every((clip) => measurements.of(clip)));
    expect([asked, most, measurements.of({ ...CLIP, user: 2 })?.user]).toEqual([3, 1, 2]);
    measurements.look(clips, 1);
    measurements.look(clips, 2);
    await until(() => asked === 6);
    expect(asked).toBe(6);
  });
});
