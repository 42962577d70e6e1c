import { flushSync } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Session } from '../../src/state/session.svelte';
import { wire } from '../../src/state/wire.svelte';
import { fitted } from '../../src/export/animation';
import { comparedOver } from '../../src/views/export_compare';
import { comparedFigure } from '../../src/views/export_figure';
import { FakeHost } from '../fake_host';
import { FakeServer } from '../fake_server';

let server: FakeServer;
let stop: () => void = () => undefined;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  server = new FakeServer();
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

async function start(compare: string): Promise<Session> {
  const host = new FakeHost();
  host.link = new Map(Object.entries({ run: 'a', view: 'compare', compare }));
  const session = new Session(host, server.client);
  stop = wire(session);
  for (let turn = 0; turn < 20_000; turn += 1) {
    flushSync();
    await new Promise((done) => setImmediate(done));
    if (session.log.timeline('a', 'l0') && session.log.timeline('b', 'l0')) break;
  }
  return session;
}
const progress = (signal = new AbortController().signal) => ({ signal, report: () => undefined });

describe('the replay of a comparison', () => {
  it('moves the panels that follow the timeline; the others stand still', async () => {
    const session = await start('a~b****10');
    const seen: (number | null)[][] = [];
    const widths = new Set<number>();
    for await (const panels of comparedOver(session, progress())) {
      seen.push(panels.map(({ step }) => step));
      widths.add(comparedFigure(session, panels)?.panels.length ?? 0);
    }
    expect(seen).toEqual([
      [0, 10],
      [10, 10],
      [20, 10],
    ]);
    expect([...widths]).toEqual([3]); // A, B and their difference
  });

  it('stops when it is called off', async () => {
    const session = await start('a~b');
    const controller = new AbortController();
    const frames = comparedOver(session, progress(controller.signal));
    await frames.next();
    controller.abort();
    await expect(frames.next()).rejects.toThrow(/abort/i);
  });
});

describe('a frame of another size', () => {
  it('keeps its pixels and gets paper around them, or is cut', () => {
    const pixel = [1, 2, 3, 255];
    const paper = [255, 255, 255, 255];
    const small = Uint8ClampedArray.from([...pixel, ...pixel]);
    const size = { width: 2, height: 1 };
    expect(fitted(small, size, size)).toBe(small);
    expect([...fitted(small, size, { width: 1, height: 2 })]).toEqual([...pixel, ...paper]);
    expect([...fitted(small, size, { width: 3, height: 1 })]).toEqual([
      ...pixel,
      ...pixel,
      ...paper,
    ]);
  });
});
