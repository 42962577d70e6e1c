import { flushSync } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rowsOf } from '../../src/export/csv';
import type { Attention } from '../../src/data/attention';
import type { Layer } from '../../src/data/schema';
import { panelOf } from '../../src/state/panels';
import { Session } from '../../src/state/session.svelte';
import { wire } from '../../src/state/wire.svelte';
import { pictureRelationOf } from '../../src/views/comparison';
import { comparedOver } from '../../src/views/export_compare';
import { figureOf } from '../../src/views/export_figure';
import { reductionNote, titlesAlong } from '../../src/views/names';
import { extentOf } from '../../src/state/axis';
import { FakeHost } from '../fake_host';
import { FakeServer } from '../fake_server';

let server: FakeServer;
let stop: () => void = () => undefined;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  server = new FakeServer();
  server.reduced = true;
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
  host.link = new Map(Object.entries({ run: 'a', step: '10', ...link }));
  const session = new Session(host, server.client);
  stop = wire(session);
  await until(() => session.layer !== null && session.user !== null && session.columns !== null);
  return session;
}
function pictured(session: Session): Attention {
  const frame = session.picturedFrame(session.layer as Layer);
  if (frame?.kind !== 'ready') throw new Error('no picture');
  return frame.attention;
}
async function shown(link: Record<string, string>): Promise<{ session: Session; of: Attention }> {
  const session = await start(link);
  await until(() => session.picturedFrame(session.layer as Layer)?.kind === 'ready');
  return { session, of: pictured(session) };
}

describe('what is pictured of reduced attention', () => {
  it.each([
    [{ view: 'head' }, 'mean', [2, 2]],
    [{ view: 'heads', overview: 'maximum' }, 'maximum', [2, 2]],
    [{ view: 'head', overview: 'row' }, 'row', [1, 4]],
    [{ view: 'head', shape: 'flow' }, 'row', [1, 4]],
    [{ view: 'recommendations', level: 'matrix' }, 'mean', [2, 2]],
    [{ view: 'recommendations', level: 'formulas' }, 'row', [1, 4]],
  ])('%o shows %s', async (link, overview, size) => {
    const { session, of } = await shown(link as unknown as Record<string, string>);
    expect(session.overview).toBe(overview);
    expect([of.queries, of.keys]).toEqual(size);
    // Whatever is computed takes the row.
    const logged = session.frameOf(session.layer as Layer);
    expect(logged).toMatchObject({ attention: { queries: 1, keys: 4 } });
  });

  it('is the row in the evolution, and never the row in a comparison', async () => {
    const session = await start({ view: 'evolution', overview: 'row' });
    expect(session.overview).toBe('row');
    session.selection.view = 'compare';
    expect(session.overview).toBe('mean');
  });

  it('says what a cell is, and what tiles cover', async () => {
    const { session, of } = await shown({ view: 'head' });
    expect(reductionNote(of)).toBe('reduced: each cell is the mean of 2 × 2 cells');
    const logged = session.frameOf(session.layer as Layer);
    expect(logged?.kind === 'ready' && reductionNote(logged.attention)).toContain('the last of 4');
    const titles = titlesAlong(session, 'a', session.user, 'history', extentOf(of, 'key'));
    expect(titles).toEqual(['#1–2', '#3–4']);
  });

  it('has a scale of its own, up to the largest tile', async () => {
    const { session, of } = await shown({ view: 'head' });
    const tiles = session.display.paletteOf(of);
    await until(() => session.display.paletteOf(of).scale.top < 0.01);
    expect(tiles.scale.kind).toBe(session.display.palette.scale.kind);
    expect(session.display.paletteOf({ ...of, tiles: undefined } as unknown as Attention)).toBe(
      session.display.palette,
    );
  });

  it('is exported as what it is', async () => {
    const { session, of } = await shown({ view: 'head', overview: 'maximum' });
    const figure = figureOf(session);
    expect(figure?.panels[0]?.pixels).toMatchObject({ width: 2, height: 2 });
    expect(figure?.notes[0]).toBe('reduced: each cell is the largest of 2 × 2 cells');
    const names = { queryNames: ['#1–2', '#3–4'], keyNames: ['#1–2', '#3–4'], headName: 'h' };
    const what = { run: 'a', layer: 'l0', user: 'u', head: 0, attention: of, ...names };
    const last = [...rowsOf(what)].at(-1);
    expect(last?.slice(5, 9)).toEqual([2, '#3–4', 2, '#3–4']);
    expect(last?.[9]).toBeCloseTo((113 / 255) ** 2);
  });
});

describe('a comparison of reduced attention', () => {
  async function compared(): Promise<Session> {
    const session = await start({ view: 'compare', compare: 'a~a***1' });
    const ready = (): boolean =>
      session.compare.panels.every((choice) => panelOf(session, choice).picture?.kind === 'ready');
    await until(ready);
    return session;
  }

  it('subtracts tiles of the same cells, and only those', async () => {
    const session = await compared();
    const [a, b] = session.compare.panels.map((choice) => panelOf(session, choice));
    if (!a || !b) throw new Error('no panels');
    expect(pictureRelationOf(a, b)?.common.kind).toBe('same');
    const whole = { ...b, picture: b.frame };
    expect(pictureRelationOf(a, whole)).toMatchObject({ common: { kind: 'nothing' } });
    expect(pictureRelationOf(a, whole)?.why).toContain('reduced in different ways');
    expect(figureOf(session)?.panels.map(({ pixels }) => pixels.width)).toEqual([2, 2, 2]);
  });

  it('is replayed with every panel at every step', async () => {
    const session = await compared();
    const told: [number, number][] = [];
    const progress = {
      signal: new AbortController().signal,
      report: (done: number, all: number): void => void told.push([done, all]),
    };
    const seen: (number | null)[][] = [];
    for await (const panels of comparedOver(session, progress))
      seen.push(panels.map(({ step }) => step));
    expect(seen).toEqual([
      [0, 0],
      [10, 10],
      [20, 20],
    ]);
    expect(told.at(-1)).toEqual([3, 3]);
  });
});
