import { describe, expect, it } from 'vitest';
import { Client } from '../../src/data/client';
import { Axes } from '../../src/state/axes.svelte';
import { Clips } from '../../src/state/clips.svelte';
import { body, header, zip } from '../frames_body';

const RAW = Uint8Array.from([1, 2, 3, 4]);
const STEPS = [0, 10, 20];
const CLIP = { run: 'r', layer: 'l', user: 0 };
const still = { direction: 1, loop: false, playing: false } as const;

function setup() {
  const asked: URLSearchParams[] = [];
  const state = { down: false };
  const client = new Client((url) => {
    asked.push(new URLSearchParams(url.split('?')[1]));
    if (state.down) return Promise.reject(new TypeError('down'));
    const frames = STEPS.map((step) => header(RAW, { step }));
    return Promise.resolve(new Response(body({ frames, chunks: [zip(RAW)] })));
  });
  return { clips: new Clips(client, new Axes(client)), asked, state };
}

/** Until the version or the failure changed. */
async function news(clips: Clips): Promise<void> {
  const { version } = clips;
  while (clips.version === version && !clips.failure)
    await new Promise((done) => setImmediate(done));
}

describe('the frames on screen', () => {
  it('are those of the latest logged step at or before the cursor', async () => {
    const { clips, asked } = setup();
    clips.look({ ...CLIP, user: 1 }, STEPS, 13, still);
    await news(clips);
    expect(asked[0]?.get('user')).toBe('1');
    expect(clips.frame('r', 'l', 1, 10)?.kind).toBe('ready');
    expect(clips.frame('r', 'l', 0, 10)).toBeUndefined();
  });

  it('are not asked for before the first logged step', () => {
    const { clips, asked } = setup();
    clips.look(CLIP, STEPS, -1, still);
    expect(asked).toEqual([]);
  });

  it('stay in memory when another user is looked at, and come back without asking', async () => {
    const { clips, asked } = setup();
    clips.look(CLIP, STEPS, 20, still);
    await news(clips);
    clips.focus([{ ...CLIP, user: 1 }]);
    expect(clips.frame('r', 'l', 0, 20)).toBeUndefined();
    clips.focus([CLIP]);
    clips.look(CLIP, STEPS, 20, still);
    expect(clips.frame('r', 'l', 0, 20)?.kind).toBe('ready');
    expect(asked.length).toBe(1);
  });

  it('are asked for again when the past changed', async () => {
    const { clips, asked } = setup();
    clips.look(CLIP, STEPS, 20, still);
    await news(clips);
    clips.forget('other', true);
    expect(clips.frame('r', 'l', 0, 20)?.kind).toBe('ready');
    clips.forget('r', true);
    expect(clips.frame('r', 'l', 0, 20)).toBeUndefined();
    clips.look(CLIP, STEPS, 20, still);
    await news(clips);
    expect(asked.length).toBe(2);
  });

  it('say that loading failed until forgiven', async () => {
    const { clips, state } = setup();
    state.down = true;
    clips.look(CLIP, STEPS, 20, still);
    await news(clips);
    expect(clips.failure?.kind).toBe('offline');
    clips.forgive();
    expect(clips.failure).toBeNull();
  });
});
