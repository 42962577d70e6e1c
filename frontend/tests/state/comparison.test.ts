import { flushSync } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { axesOf, panelOf, type Panel } from '../../src/state/panels';
import { areReady, picturesOf } from '../../src/state/pictures';
import { Session } from '../../src/state/session.svelte';
import { wire } from '../../src/state/wire.svelte';
import { FakeHost } from '../fake_host';
import { FakeServer, run } from '../fake_server';

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

async function settle(): Promise<void> {
  for (let i = 0; i < 60; i += 1) {
    flushSync();
    await new Promise((done) => setImmediate(done));
  }
}
/** Wait for what happens off this thread: inflating takes as many turns as the machine is busy. */
async function until(happened: () => boolean): Promise<void> {
  for (let turn = 0; turn < 20_000 && !happened(); turn += 1) {
    flushSync();
    await new Promise((done) => setImmediate(done));
  }
  expect(happened()).toBe(true);
  await settle();
}
async function start(link: Record<string, string>): Promise<{ session: Session; host: FakeHost }> {
  const host = new FakeHost();
  host.link = new Map(Object.entries(link));
  const session = new Session(host, server.client);
  stop = wire(session);
  await settle();
  if (link['view'] === 'compare') {
    await until(() =>
      panels(session).every(({ run, frame }) => run === null || frame !== undefined),
    );
  }
  return { session, host };
}
const panels = (session: Session): Panel[] =>
  session.compare.panels.map((choice) => panelOf(session, choice));

describe('the comparison', () => {
  it('begins with what is chosen beside the same in another run, and loads both', async () => {
    const { session, host } = await start({ run: 'a', user: 'u-1', head: '1', view: 'compare' });
    const [a, b] = panels(session);
    expect([a?.run?.name, b?.run?.name, b?.user?.id, b?.head]).toEqual(['a', 'b', 'u-1', 1]);
    expect([a?.frame?.kind, b?.frame?.kind]).toEqual(['ready', 'ready']);
    await vi.advanceTimersByTimeAsync(400);
    await settle();
    expect(host.link.get('compare')).toBe('a*l0*u-1*1~b*l0*u-1*1');
  });

  it('begins with another head when there is one run', async () => {
    server.runs = [run('a')];
    const { session } = await start({ run: 'a', view: 'compare' });
    expect(panels(session).map(({ run: r, head }) => [r?.name, head])).toEqual([
      ['a', 0],
      ['a', 1],
    ]);
  });

  it('shows what an address names, and says when a run is not there', async () => {
    const { session } = await start({ run: 'a', view: 'compare', compare: 'b***1*13~x' });
    const [b, x] = panels(session);
    expect([b?.head, b?.cursor, b?.step, b?.layer?.name, b?.user?.id]).toEqual([
      1,
      13,
      10,
      'l0',
      'u-0',
    ]);
    expect([x?.run, x?.frame]).toEqual([null, undefined]);
  });

  it('moves with the timeline, except what has a step of its own', async () => {
    const { session } = await start({ run: 'a', view: 'compare', compare: 'a~b****10' });
    session.timeline.seek(0);
    await settle();
    expect(panels(session).map(({ step }) => step)).toEqual([0, 10]);
    const pictures = picturesOf(session);
    expect(pictures.filter(({ linked }) => !linked).map(({ id }) => id.run)).toEqual(['b']);
    expect(areReady(session, pictures, 20)).toBe(true);
  });

  it('asks the server to pair heads of other runs, once it stands still', async () => {
    const { session } = await start({ run: 'a', view: 'compare' });
    const [a] = panels(session) as [Panel, Panel];
    expect(axesOf(a)).toEqual({ queries: ['0', '1'], keys: ['0', '1'] });
    expect(server.asked.some((url) => url.startsWith('compare'))).toBe(false);
    await vi.advanceTimersByTimeAsync(400);
    await until(() => session.headMatch.result !== null);
    const [asked] = server.asked.filter((url) => url.startsWith('compare'));
    expect(Object.fromEntries(new URLSearchParams(asked?.split('?')[1]))).toEqual({
      run: 'a',
      layer: 'l0',
      step: '20',
      other_run: 'b',
      other_layer: 'l0',
      other_step: '20',
    });
    expect(session.headMatch.result?.matches.map((match) => match.other_head)).toEqual([1, 0]);
    session.compare.change(1, { run: 'a' });
    await settle();
    expect(session.headMatch.result).toBeNull();
  });

  it('says when the server does not pair them, and asks again at the next step', async () => {
    server.refused.add('compare');
    const { session } = await start({ run: 'a', view: 'compare' });
    await vi.advanceTimersByTimeAsync(400);
    await until(() => session.headMatch.failure !== null);
    expect(session.headMatch.failure?.code).toBe('timeout');
    server.refused.clear();
    session.timeline.seek(10);
    await settle();
    await vi.advanceTimersByTimeAsync(400);
    await until(() => session.headMatch.result !== null);
    expect(session.headMatch.failure).toBeNull();
  });

  it('asks for nothing of the panels while another view is on screen', async () => {
    await start({ run: 'a', compare: 'a~b' });
    expect(server.asked.some((url) => url.includes('run=b'))).toBe(false);
  });
});
