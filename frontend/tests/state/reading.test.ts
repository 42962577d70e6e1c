/** The reading form: its choices, what is remembered in this browser, and the history beside attention. */
import { flushSync } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { evidenceOf, sourceOf, strongest } from '../../src/state/evidence';
import { pickedItem, pickItem } from '../../src/state/picked';
import { picturesOf } from '../../src/state/pictures';
import { Preferences } from '../../src/state/preferences.svelte';
import { Session } from '../../src/state/session.svelte';
import { wire } from '../../src/state/wire.svelte';
import { FakeHost } from '../fake_host';
import { FakeServer, run } from '../fake_server';
import { ScalarClient } from '../../src/data/scalars';

let server: FakeServer;
let host: FakeHost;
let stop: () => void;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  server = new FakeServer();
  host = new FakeHost();
  stop = () => undefined;
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

async function start(link: Record<string, string> = {}): Promise<Session> {
  host.link = new Map(Object.entries(link));
  const none = new ScalarClient(() => Promise.reject(new TypeError('none')));
  const session = new Session(host, server.client, none);
  stop = wire(session);
  await settle();
  return session;
}

async function settle(): Promise<void> {
  for (let i = 0; i < 60; i += 1) {
    flushSync();
    await new Promise((done) => setImmediate(done));
  }
}

/** Inflating takes as long as it takes: turns of the loop do not tell when it is done. */
async function until(happened: () => boolean): Promise<void> {
  const latest = performance.now() + 10_000;
  while (!happened() && performance.now() < latest) await settle();
  expect(happened()).toBe(true);
}

describe('the tab', () => {
  it('opens on the recommendations, with evidence', async () => {
    const session = await start();
    expect([session.selection.view, session.reading.level]).toEqual([
      'recommendations',
      'evidence',
    ]);
    expect(host.link.has('view')).toBe(false);
  });

  it('returns to another level with Back', async () => {
    const session = await start();
    session.reading.level = 'simple';
    await settle();
    expect(host.written.at(-1)).toEqual(['push', expect.stringContaining('level=simple')]);
    host.navigate({ run: 'a' });
    await settle();
    expect(session.reading.level).toBe('evidence');
  });

  it('writes the cell only where there is a heatmap to look at', async () => {
    const session = await start({ cell: '1-0' });
    expect(session.currentLink().cell).toBeUndefined();
    session.reading.level = 'matrix';
    expect(session.currentLink().cell).toEqual({ query: 1, key: 0 });
  });
});

describe('evidence', () => {
  it('is the mean over the heads of the last layer, newest first', async () => {
    server.runs = [twoLayers()];
    const session = await start();
    await until(() => !Number.isNaN(evidenceOf(session)?.places[0]?.value ?? Number.NaN));
    const evidence = evidenceOf(session);
    expect([evidence?.layer.name, evidence?.heads]).toEqual(['l1', [0, 1]]);
    // Both heads of the fake frame hold bytes 0, 64 | 128, 255: its last row is (128 / 255)², 1.
    const [newest, oldest] = evidence?.places ?? [];
    expect([newest?.position, newest?.item, newest?.order]).toEqual([1, 1, 1]);
    expect(newest?.value).toBeCloseTo(1, 10);
    expect(oldest?.value).toBeCloseTo((128 / 255) ** 2, 10);
    expect(oldest?.error).toBeCloseTo(128.25 / 65025, 10);
    expect(evidence?.even).toBe(0.5);
    expect(evidence && strongest(evidence, 1).map(({ position }) => position)).toEqual([1]);
  });

  it('is of the chosen head when asked for', async () => {
    server.runs = [twoLayers()];
    const session = await start({ source: 'head', head: '1', layer: 'l0' });
    const source = sourceOf(session);
    expect([source?.layer.name, source?.heads]).toEqual(['l0', [1]]);
  });

  it('loads the layers on screen and no others', async () => {
    server.runs = [twoLayers()];
    const session = await start();
    const layersOnScreen = (): string[] => picturesOf(session).map(({ id }) => id.layer);
    expect(layersOnScreen()).toEqual(['l1']);
    session.reading.level = 'matrix';
    expect(layersOnScreen()).toEqual(['l0', 'l1']);
  });

  it('keeps the history when there is no attention yet', async () => {
    server.steps = [];
    const session = await start();
    expect(evidenceOf(session)?.places.map(({ value }) => value)).toEqual([Number.NaN, Number.NaN]);
    expect(evidenceOf(session)?.even).toBeNaN();
  });

  it('of candidates is the row of the first, with what its keys are called', async () => {
    const field = { kind: 'field', query_axis: 'candidate', key_axis: 'feature' };
    const layers = run('a').layers.map((plain) => ({ ...plain, ...field }));
    server.runs = [run('a', { layers })];
    server.axis = [7, null];
    server.keysToo = true;
    const session = await start();
    await until(() => evidenceOf(session)?.places.at(-1)?.label === 'Seven');
    const places = evidenceOf(session)?.places ?? [];
    expect(places.map(({ label, position }) => [label, position])).toEqual([
      [null, 1],
      ['Seven', 0],
    ]);
    expect(places.at(-1)?.item).toBeNull(); // it is no item that could be picked
    expect(places.map(({ value }) => value)).toEqual([
      expect.closeTo((64 / 255) ** 2, 6),
      expect.closeTo(0, 6),
    ]);
  });
});

describe('the item whose details are shown', () => {
  it('is the newest of the history where nothing is recommended, until one is picked', async () => {
    const session = await start();
    expect(pickedItem(session)).toBe(1);
    pickItem(session, 0);
    expect(session.reading.item).toBeNull(); // the fake catalogue names no items
  });
});

describe('what this browser remembers', () => {
  it('is which hints were read, and whether keys are shortcuts', () => {
    const first = new Preferences(host);
    expect([first.isRead('simple'), first.shortcuts]).toEqual([false, true]);
    first.markRead('simple');
    first.markRead('matrix');
    first.shortcuts = false;
    const second = new Preferences(host);
    expect([second.isRead('simple'), second.isRead('matrix'), second.isRead('evidence')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(second.shortcuts).toBe(false);
  });
});

describe('a log that is still being read', () => {
  it('is waited for when a link names a run that may be in the rest', async () => {
    server.reading = true;
    const session = await start({ run: 'later' });
    expect([session.run, session.notices.list]).toEqual([null, []]);
    server.runs = [...server.runs, run('later')];
    server.reading = false;
    server.generation += 1;
    await vi.advanceTimersByTimeAsync(31_000);
    await settle();
    expect([session.run?.name, session.notices.list]).toEqual(['later', []]);
  });
});

describe('a log that is being read for the first time', () => {
  it('is shown at its newest step once all of it is read, unless the reader went elsewhere', async () => {
    server.reading = true;
    const session = await start();
    expect(session.timeline.cursor).toBe(20);
    server.steps = [0, 10, 20, 30];
    server.reading = false;
    server.generation += 1;
    await vi.advanceTimersByTimeAsync(31_000);
    await settle();
    expect([session.timeline.cursor, session.log.arePartial]).toEqual([30, false]);
    server.steps = [0, 10, 20, 30, 40];
    server.generation += 1;
    await vi.advanceTimersByTimeAsync(31_000);
    await settle();
    expect([session.timeline.cursor, session.timeline.steps.at(-1)]).toEqual([30, 40]);
  });
});

function twoLayers() {
  const one = run('a');
  const [layer] = one.layers;
  if (!layer) throw new Error('no layer');
  return { ...one, layers: [layer, { ...layer, name: 'l1', index: 1 }] };
}
