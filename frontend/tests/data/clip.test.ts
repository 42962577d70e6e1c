import { describe, expect, it } from 'vitest';
import { FrameCache } from '../../src/data/cache';
import { Client } from '../../src/data/client';
import { Clip, type View } from '../../src/data/clip';
import type { ApiError } from '../../src/data/errors';
import { body, header, zip } from '../frames_body';

const RAW = Uint8Array.from([1, 2, 3, 4]);
const STEPS = Array.from({ length: 300 }, (_, i) => i);
const view = (index: number): View => ({ index, direction: 1, loop: false, playing: false });

/** The steps a request asks for. */
function asked(url: string): number[] {
  const text = new URLSearchParams(url.split('?')[1]).get('steps') ?? '';
  return text.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

interface Setup {
  answer?: (steps: number[]) => Response | Promise<Response>;
  budget?: number;
}

function setup({ answer = framesOf, budget = 1e6 }: Setup = {}) {
  const requests: number[][] = [];
  const failures: ApiError[] = [];
  const client = new Client(async (url) => {
    requests.push(asked(url));
    return answer(asked(url));
  });
  const cache = new FrameCache(budget);
  const listener = { changed: () => undefined, failed: (error: ApiError) => failures.push(error) };
  const clip = new Clip({ run: 'r', layer: 'l', user: 0 }, client, cache, listener);
  return { clip, cache, requests, failures };
}

function framesOf(steps: number[]): Response {
  const frames = steps.map((step) => header(RAW, { step }));
  return new Response(body({ frames, chunks: [zip(RAW)] }));
}

/** Until no request is under way. */
async function settled(clip: Clip): Promise<void> {
  while (clip.busy) await new Promise((done) => setImmediate(done));
}

describe('a clip', () => {
  it('asks for the cursor first and in a small answer, then for what comes', async () => {
    const { clip, requests } = setup();
    clip.look(STEPS, view(100));
    await settled(clip);
    expect(requests[0]).toContain(100);
    expect(requests[0]?.length).toBeLessThanOrEqual(8);
    expect(clip.frame(100)?.kind).toBe('ready');
    expect(clip.frame(299)?.kind).toBe('ready');
  });

  it('never asks for the same step twice', async () => {
    const { clip, requests } = setup();
    for (let i = 0; i < 40; i += 1) clip.look(STEPS, view(i));
    await settled(clip);
    const all = requests.flat();
    expect(all.length).toBe(new Set(all).size);
  });

  it('never asks for more than 200 at once', async () => {
    const { clip, requests } = setup();
    clip.look(STEPS, view(0));
    await settled(clip);
    expect(Math.max(...requests.map((steps) => steps.length))).toBeLessThanOrEqual(200);
  });

  it('does not ask in a circle for what the answer leaves out', async () => {
    const { clip, requests } = setup({ answer: () => framesOf([]) });
    clip.look([1, 2, 3], view(0));
    await settled(clip);
    expect(requests.length).toBe(1);
    expect(clip.frame(1)).toMatchObject({ kind: 'absent', reason: 'not_logged' });
  });

  it('asks for fewer when an answer would be too large', async () => {
    const error = { code: 'response_too_large', message: '', hint: '' };
    const answer = (steps: number[]): Response =>
      steps.length > 3 ? new Response(JSON.stringify({ error }), { status: 413 }) : framesOf(steps);
    const { clip, failures } = setup({ answer });
    clip.look(STEPS.slice(0, 12), view(0));
    await settled(clip);
    expect(STEPS.slice(0, 12).every((step) => clip.frame(step)?.kind === 'ready')).toBe(true);
    expect(failures).toEqual([]);
  });

  it('says so when asking failed, and asks again only when looked at again', async () => {
    let broken = true;
    const { clip, requests, failures } = setup({
      answer: (steps) => (broken ? Promise.reject(new TypeError('network')) : framesOf(steps)),
    });
    clip.look(STEPS, view(5));
    await settled(clip);
    expect([failures.length, requests.length]).toEqual([1, 1]);
    broken = false;
    clip.look(STEPS, view(5));
    await settled(clip);
    expect(clip.frame(5)?.kind).toBe('ready');
  });

  it('stops prefetching before the budget is full', async () => {
    const { clip, cache, requests } = setup({ budget: 2000 });
    clip.look(STEPS, view(0));
    await settled(clip);
    expect(cache.bytes).toBeLessThanOrEqual(2000);
    expect(requests.length).toBeLessThan(10);
    expect(clip.frame(0)?.kind).toBe('ready');
  });

  it('forgets absences alone, or everything', async () => {
    const { clip } = setup({ answer: (steps) => framesOf(steps.filter((s) => s !== 2)) });
    clip.look([1, 2, 3], view(0));
    await settled(clip);
    clip.forget(false);
    expect([clip.frame(1)?.kind, clip.frame(2)]).toEqual(['ready', undefined]);
    clip.forget(true);
    expect(clip.frame(1)).toBeUndefined();
  });
});
