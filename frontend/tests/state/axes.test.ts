/** Labels of axes: asked for once, in batches, and never shown for another axis. */
import { flushSync } from 'svelte';
import { afterEach, describe, expect, it } from 'vitest';
import { Client } from '../../src/data/client';
import type { Frame } from '../../src/data/decode';
import type { Layer } from '../../src/data/schema';
import { Axes } from '../../src/state/axes.svelte';
import { extentOf, mainQuery, placesOf } from '../../src/state/axis';
import { axesOf, panelOf } from '../../src/state/panels';
import { Session } from '../../src/state/session.svelte';
import { wire } from '../../src/state/wire.svelte';
import { namesOf, sideWord } from '../../src/views/names';
import { FakeHost } from '../fake_host';
import { FakeServer, run } from '../fake_server';

const item = (index: number) => ({
  index,
  id: `i${index}`,
  label: `Item ${index}`,
  attributes: {},
});

function frame(query?: number, key?: number, attempt = 'a'): Frame {
  const shape = { step: 0, heads: 1, queries: 1, keys: 1, queryOffset: 0, keyOffset: 0 };
  const cells = { encoding: 'U8_SQRT', layout: 'FULL', codes: Uint8Array.of(255) } as const;
  const axes = {
    ...(query === undefined ? {} : { queryAxis: { attempt, number: query } }),
    ...(key === undefined ? {} : { keyAxis: { attempt, number: key } }),
  };
  return { kind: 'ready', step: 0, attention: { ...shape, ...cells, ...axes } };
}

/** Axis `n` holds the items `n` and `n + 1`; those over 900 are not in the log. */
function setup(most = 1000) {
  const asked: string[] = [];
  const state = { down: false, named: 900 };
  const client = new Client((url) => {
    const query = new URLSearchParams(url.split('?')[1]);
    const numbers = query.get('axes')?.split(',').map(Number) ?? [];
    asked.push(`${query.get('run')} ${query.get('attempt')} ${numbers.join()}`);
    if (state.down) return Promise.reject(new TypeError('down'));
    if (numbers.length > most) {
      const error = { code: 'response_too_large', message: '', hint: '' };
      return Promise.resolve(Response.json({ error }, { status: 413 }));
    }
    const known = numbers.filter((number) => number < state.named);
    const axes = known.map((number) => ({ number, items: [number, number + 1, null] }));
    const items = known.flatMap((number) => [item(number), item(number + 1)]);
    const absent = numbers.filter((number) => number >= state.named);
    const more = { run: 'r', attempt: query.get('attempt'), generation: 1 };
    return Promise.resolve(Response.json({ ...more, axes, items, absent }));
  });
  return { axes: new Axes(client), asked, state };
}
const labels = (axes: Axes, number: number, attempt = 'a') =>
  axes.of('r', { attempt, number })?.map((found) => found?.label ?? null);
async function until(done: () => boolean): Promise<void> {
  for (let i = 0; i < 20_000 && !done(); i += 1) await new Promise((next) => setImmediate(next));
  expect(done()).toBe(true);
}

describe('axes', () => {
  it('are asked for once, together, and told apart by attempt', async () => {
    const { axes, asked } = setup();
    axes.look('r', [frame(1, 2), frame(2), frame(), frame(1, undefined, 'b')]);
    expect(axes.of('r', { attempt: 'a', number: 1 })).toBeUndefined();
    await until(() => labels(axes, 1, 'b') !== undefined);
    expect(labels(axes, 1)).toEqual(['Item 1', 'Item 2', null]);
    expect(asked.flatMap((text) => text.split(' ')[2]?.split(',')).length).toBe(3);
    const before = asked.length;
    axes.look('r', [frame(1, 2)]);
    await new Promise((next) => setImmediate(next));
    expect(asked.length).toBe(before);
  });

  it('that the log does not name are positions, until the log changed', async () => {
    const { axes, state } = setup();
    axes.look('r', [frame(950)]);
    await until(() => axes.of('r', { attempt: 'a', number: 950 }) === null);
    state.named = 1000;
    axes.forget('other');
    expect(axes.of('r', { attempt: 'a', number: 950 })).toBeNull();
    axes.forget('r');
    await until(() => labels(axes, 950)?.[0] === 'Item 950');
  });

  it('are asked for in smaller parts when the answer would be too large', async () => {
    const { axes, asked } = setup(3);
    axes.look(
      'r',
      Array.from({ length: 40 }, (_, number) => frame(number)),
    );
    await until(() => labels(axes, 39) !== undefined);
    expect(labels(axes, 0)).toEqual(['Item 0', 'Item 1', null]);
    expect(asked.some((text) => text.split(',').length === 1)).toBe(true);
  });

  it('wait for the server and are asked for again', async () => {
    const { axes, asked, state } = setup();
    state.down = true;
    axes.look('r', [frame(1)]);
    await until(() => asked.length === 1);
    await new Promise((next) => setImmediate(next));
    state.down = false;
    axes.forgive();
    await until(() => labels(axes, 1) !== undefined);
    expect(asked.length).toBe(2);
  });
});

describe('a picture over other things than one history', () => {
  let stop: () => void = () => undefined;
  afterEach(() => stop());
  const target = { kind: 'target', query_axis: 'candidate', key_axis: 'history' };

  async function start(): Promise<{ session: Session; layer: Layer }> {
    const server = new FakeServer();
    server.axis = [7, null];
    const [first] = run('a').layers;
    server.runs = [run('a', { layers: [{ ...(first as Layer), ...target }] })];
    const host = new FakeHost();
    host.link = new Map([['run', 'a']]);
    const session = new Session(host, server.client);
    stop = wire(session);
    // Inflating happens off this thread: it takes as many turns as the machine is busy.
    for (let turn = 0; turn < 20_000 && session.axes.version === 0; turn += 1) {
      flushSync();
      await new Promise((done) => setImmediate(done));
    }
    flushSync();
    expect(session.axes.version).toBe(1);
    return { session, layer: session.layer as Layer };
  }

  it('has candidates on one axis and the history on the other', async () => {
    const { session, layer } = await start();
    const shown = session.frameOf(layer);
    if (shown?.kind !== 'ready') throw new Error('no frame');
    const { attention } = shown;
    const names = (side: 'query' | 'key', axis: string): string[] =>
      namesOf(placesOf(session, 'a', session.user, axis, extentOf(attention, side)));
    expect(names('query', 'candidate')).toEqual(['Seven', '#2']);
    expect(names('key', 'history')).toEqual(['Item 0', 'Item 1']);
    expect([sideWord(layer, 'query'), sideWord(layer, 'key')]).toEqual([
      'candidate',
      'history item',
    ]);
    expect(mainQuery(layer, attention)).toBe(0);
    expect(mainQuery({ ...layer, query_axis: 'history' }, attention)).toBe(1);
  });

  it('is compared by what stands on its axes', async () => {
    const { session } = await start();
    const choice = { run: 'a', layer: 'l0', user: 'u-0', head: 0, step: null };
    expect(axesOf(panelOf(session, choice))).toEqual({
      queries: ['seven', 'u-0#1'],
      keys: ['0', '1'],
    });
  });
});
