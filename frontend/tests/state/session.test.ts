import { flushSync } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Session } from '../../src/state/session.svelte';
import { wire } from '../../src/state/wire.svelte';
import { FakeHost } from '../fake_host';
import { FakeServer, run } from '../fake_server';

let server: FakeServer;
let host: FakeHost;
let stop: () => void;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  server = new FakeServer();
  host = new FakeHost();
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

function start(link: Record<string, string> = {}): Session {
  host.link = new Map(Object.entries(link));
  const session = new Session(host, server.client);
  stop = wire(session);
  return session;
}

/** Until everything that was asked has been answered and taken in. */
async function settle(): Promise<void> {
  for (let i = 0; i < 60; i += 1) {
    flushSync();
    await new Promise((done) => setImmediate(done));
  }
}

/** The next question to `/status`, and what follows. */
async function poll(): Promise<void> {
  await vi.advanceTimersByTimeAsync(31_000);
  await settle();
}

describe('starting', () => {
  it('shows the first run, layer and user at the newest step', async () => {
    const session = start();
    await settle();
    expect(session.phase).toBe('ready');
    expect([session.run?.name, session.layer?.name, session.user?.id]).toEqual(['a', 'l0', 'u-0']);
    expect([session.timeline.cursor, session.timeline.mode]).toEqual([20, 'paused']);
  });

  it('loads what a link names, without a word', async () => {
    const session = start({ run: 'b', user: 'u-1', head: '1', step: '13', view: 'head' });
    await settle();
    expect([session.run?.name, session.user?.id, session.selection.head]).toEqual(['b', 'u-1', 1]);
    expect([session.timeline.cursor, session.timeline.shown]).toEqual([13, 10]);
    expect(session.notices.list).toEqual([]);
  });

  it('says what a link names in vain, and what is shown instead', async () => {
    const session = start({ run: 'x', layer: 'y', user: 'z', head: '9', step: '-1' });
    await settle();
    expect(session.notices.list.map((n) => [n.what, n.wanted, n.shown])).toEqual([
      ['run', 'x', 'a'],
      ['layer', 'y', 'l0'],
      ['head', '9', 'head 1'],
      ['user', 'z', 'u-0'],
      ['step', '-1', '0'],
    ]);
  });

  it('is empty without runs, and fills by itself', async () => {
    server.runs = [];
    const session = start();
    await settle();
    expect(session.phase).toBe('empty');
    server.runs = [run('late')];
    server.generation += 1;
    await poll();
    expect([session.phase, session.run?.name]).toEqual(['ready', 'late']);
  });

  it('shows a run of a newer format as such', async () => {
    const problem = { code: 'newer_format', message: 'm', hint: 'h' };
    server.runs = [run('new', { layers: [], problem })];
    const session = start();
    await settle();
    expect(session.phase).toBe('problem');
  });

  it('makes up users where there is no catalogue', async () => {
    server.runs = [run('a', { has_catalogue: false, cohort_size: 3 })];
    const session = start();
    await settle();
    expect(session.users.map((u) => u.index)).toEqual([0, 1, 2]);
    expect(server.asked.some((url) => url.startsWith('catalogue'))).toBe(false);
  });
});

describe('a running training', () => {
  it('adds steps without moving the cursor, and asks only for what is new', async () => {
    const session = start();
    await settle();
    server.steps = [0, 10, 20, 30];
    server.generation += 1;
    await poll();
    expect(session.timeline.steps).toEqual([0, 10, 20, 30]);
    expect(session.timeline.cursor).toBe(20);
    expect(server.asked).toContain('timeline?run=a&layer=l0&since=20');
  });

  it('is followed when asked for', async () => {
    const session = start({ live: '1' });
    await settle();
    server.steps = [0, 10, 20, 30];
    server.generation += 1;
    await poll();
    expect(session.timeline.cursor).toBe(30);
  });

  it('that starts over replaces the past', async () => {
    const session = start();
    await settle();
    server.steps = [0, 5];
    server.attempts = ['a', 'b'];
    server.generation += 1;
    await poll();
    expect(session.timeline.steps).toEqual([0, 5]);
  });

  it('asks nothing more than the status while nothing changes', async () => {
    start();
    await settle();
    const before = server.asked.length;
    await poll();
    expect(server.asked.slice(before).every((url) => url === 'status')).toBe(true);
  });
});

describe('trouble', () => {
  it('keeps what is shown while the server is gone, and recovers by itself', async () => {
    const session = start();
    await settle();
    server.down = true;
    await poll();
    expect([session.log.offline, session.phase, session.run?.name]).toEqual([true, 'ready', 'a']);
    server.down = false;
    await poll();
    expect(session.log.offline).toBe(false);
  });

  it('says that the run is gone instead of showing another one', async () => {
    const session = start();
    await settle();
    server.runs = [run('b')];
    server.generation += 1;
    await poll();
    expect([session.phase, session.run]).toEqual(['gone', null]);
    session.selection.chooseRun('b');
    await settle();
    expect([session.phase, session.run?.name]).toEqual(['ready', 'b']);
  });

  it('stops asking while hidden, and asks at once when shown', async () => {
    start();
    await settle();
    host.hide(true);
    const before = server.asked.length;
    await poll();
    expect(server.asked.length).toBe(before);
    host.hide(false);
    await settle();
    expect(server.asked.length).toBeGreaterThan(before);
  });
});

describe('the address', () => {
  it('follows choices with a place in the history, and Back undoes them', async () => {
    const session = start({ run: 'a', head: '0', step: '20' });
    await settle();
    session.selection.head = 1;
    await settle();
    expect(host.written.at(-1)?.[0]).toBe('push');
    expect(host.link.get('head')).toBe('1');
    const written = host.written.length;
    host.navigate({ run: 'a', step: '20' });
    await settle();
    expect([session.selection.head, host.written.length]).toEqual([0, written]);
  });

  it('without a user means the first one again', async () => {
    const session = start();
    await settle();
    session.selection.user = 'u-1';
    await settle();
    expect(host.link.get('user')).toBe('u-1');
    host.navigate({ run: 'a', step: '20' });
    await settle();
    expect([session.user?.id, session.notices.list.length]).toEqual(['u-0', 0]);
  });

  it('is not touched before the log is known', async () => {
    server.down = true;
    start({ run: 'a', step: '10' });
    await poll();
    expect(host.written).toEqual([]);
  });
});
