import { flushSync } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { COHORT, ROLLOUT } from '../../src/data/derived';
import type { Layer } from '../../src/data/schema';
import { categoriesOfItem } from '../../src/state/categories';
import { cohortType } from '../../src/state/cohort';
import { clipOf, layersOf, rolloutOf, timelineOf } from '../../src/state/derived';
import { picturesOf } from '../../src/state/pictures';
import { Session } from '../../src/state/session.svelte';
import { wire } from '../../src/state/wire.svelte';
import { figureOf } from '../../src/views/export_figure';
import { FakeHost } from '../fake_host';
import { FakeServer, run } from '../fake_server';

const [layer] = run('a').layers as [Layer];
const second = { ...layer, name: 'l1', index: 1 };
const stacked = (name: string): ReturnType<typeof run> => run(name, { layers: [layer, second] });

let server: FakeServer;
let stop: () => void = () => undefined;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  server = new FakeServer();
  server.runs = [stacked('a'), stacked('b')];
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

async function until(happened: () => boolean): Promise<void> {
  for (let turn = 0; turn < 20_000 && !happened(); turn += 1) {
    flushSync();
    await new Promise((done) => setImmediate(done));
  }
  expect(happened()).toBe(true);
}
async function start(link: Record<string, string>): Promise<Session> {
  const host = new FakeHost();
  host.link = new Map(Object.entries(link));
  const session = new Session(host, server.client);
  stop = wire(session);
  await until(() => session.layer !== null && session.user !== null && session.columns !== null);
  return session;
}
const asked = (route: string): string[] => server.asked.filter((url) => url.startsWith(route));

describe('a rollout', () => {
  it('joins the layers of self-attention, if there are two', () => {
    const cross = { ...second, kind: 'cross' };
    expect(rolloutOf([layer, second])).toMatchObject({ name: ROLLOUT, head_count: 1 });
    expect(rolloutOf([layer])).toBeNull();
    expect(rolloutOf([layer, cross])).toBeNull();
    expect(rolloutOf([layer, { ...second, name: ROLLOUT }])).toBeNull();
    expect(layersOf(stacked('a')).map(({ name }) => name)).toEqual(['l0', 'l1', ROLLOUT]);
    expect(timelineOf([layer, second, cross], ROLLOUT)).toBe('l1');
    expect(timelineOf([layer, second], 'l0')).toBe('l0');
  });

  it('stands beside the heads when it is asked for, and not before', async () => {
    const session = await start({ run: 'a', view: 'heads' });
    await until(() => picturesOf(session).length === 2);
    expect(asked('rollout')).toEqual([]);
    session.display.rollout = true;
    await until(() => session.rollout !== null && session.frameOf(session.rollout) !== undefined);
    const frame = session.frameOf(session.rollout as Layer);
    expect(frame?.kind === 'ready' && frame.attention.derived?.kind).toBe('rollout');
  });

  it('can be opened as a layer, by its address, and its steps are those of the top layer', async () => {
    const session = await start({ run: 'a', layer: ROLLOUT, view: 'head' });
    await until(
      () => session.layer?.name === ROLLOUT && session.picturedFrame(session.layer) !== undefined,
    );
    expect(session.columns?.steps).toEqual([0, 10, 20]);
    expect(asked('timeline').some((url) => url.includes('rollout'))).toBe(false);
    expect(asked('measures').some((url) => url.includes('rollout'))).toBe(false);
    expect(session.currentLink().layer).toBe(ROLLOUT);
  });

  it('asks for no more steps at once than the server computes', () => {
    expect(clipOf(stacked('a'), rolloutOf([layer, second]) as Layer, 0).most).toBe(100);
    expect(clipOf(stacked('a'), layer, COHORT).most).toBe(100);
    expect(clipOf(stacked('a'), layer, 1).most).toBeUndefined();
  });
});

describe('the mean of the cohort', () => {
  it('is the picture of every head, with the types of the cohort', async () => {
    const session = await start({ run: 'a', view: 'heads', mean: '1' });
    await until(() => session.picturedFrame(layer) !== undefined);
    const frame = session.picturedFrame(layer);
    expect(frame?.kind === 'ready' && frame.attention.derived).toMatchObject({ users: 2, of: 2 });
    await vi.advanceTimersByTimeAsync(400);
    await until(() => cohortType(session, 20, layer, 0) !== null);
    expect(cohortType(session, 20, layer, 0)).toEqual({ kind: 'previous', score: 0.7 });
    expect(cohortType(session, 10, layer, 0)).toBeNull();
  });

  it('leaves the history its own user, and other views alone', async () => {
    const session = await start({ run: 'a', view: 'heads', mean: '1' });
    await until(() => session.frameOf(layer) !== undefined);
    const frame = session.frameOf(layer);
    expect(frame?.kind === 'ready' && frame.attention.derived).toBeUndefined();
    session.selection.view = 'evolution';
    expect(session.isMean(layer)).toBe(false);
    session.selection.view = 'head';
    expect(session.isMean(layer)).toBe(true);
    expect(session.isMean(session.rollout as Layer)).toBe(false);
  });
});

describe('an export', () => {
  it('is of the picture that is seen: the mean, named so, with places from the newest', async () => {
    const session = await start({ run: 'a', view: 'head', layer: 'l0', mean: '1' });
    await until(() => session.picturedFrame(layer)?.kind === 'ready');
    const figure = figureOf(session);
    expect(figure?.lines[0]).toContain('All users, mean');
    expect(figure?.notes).toContain('mean of 2 of 2 users, aligned on the newest item');
    expect(figure?.notes.join()).not.toContain('is within');
    expect(figure?.panels[0]?.columns?.at(-1)).toBe('newest');
    session.display.mean = false;
    await until(() => session.picturedFrame(layer)?.kind === 'ready');
    const own = figureOf(session);
    expect(own?.lines[0]).not.toContain('All users');
    expect(own?.notes.join()).toContain('is within');
    expect(own?.panels[0]?.columns?.at(-1)).not.toBe('newest');
  });
});

describe('drift', () => {
  it('is a curve like a measure, of every layer', async () => {
    const session = await start({ run: 'a', view: 'evolution', measure: 'drift' });
    const of = (name: string) => session.drift.of({ run: 'a', layer: name, user: 0 });
    await until(() => of('l0') !== undefined && of('l1') !== undefined);
    expect(of('l0')?.measures['drift']).toEqual([
      [0.5, 0.4],
      [0, 0],
    ]);
  });
});

describe('categories of an item', () => {
  it.each([
    [{ genres: 'Drama|War' }, ['Drama', 'War']],
    [{ genre: 'Drama, War' }, ['Drama', 'War']],
    [{ category: ' ; ' }, []],
    [{ price: '9' }, []],
    [{ category: 'a', genre: 'b' }, ['a']],
  ])('are read as the server reads them: %j', (attributes, expected) => {
    const known = Object.fromEntries(Object.entries(attributes)) as Record<string, string>;
    expect(categoriesOfItem({ index: 0, id: '', label: '', attributes: known })).toEqual(expected);
  });
});
