/** Asking for evidence and what-ifs: one question at a time, nobody else's answer, undo, and the address. */
import { flushSync } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../../src/data/errors';
import { ExplainClient } from '../../src/data/explain_client';
import { Client } from '../../src/data/client';
import { parseEdit } from '../../src/data/edit';
import { Asked } from '../../src/state/asked.svelte';
import { CardCurve, spread } from '../../src/state/card_curve.svelte';
import { EditHistory } from '../../src/state/edit_history.svelte';
import { Explaining, MOST_VARIANTS } from '../../src/state/explaining.svelte';
import { formatLink, parseLink } from '../../src/state/link';

const turns = async (count = 20): Promise<void> => {
  for (let i = 0; i < count; i += 1) await Promise.resolve();
};

/** A question that is answered when the test says so. */
function open<T>(): {
  ask: (signal: AbortSignal) => Promise<T>;
  answer: (value: T) => void;
  fail: (error: Error) => void;
} {
  let answer: (value: T) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((resolve, reject) => ([answer, fail] = [resolve, reject]));
  return {
    ask: (signal) => {
      signal.addEventListener('abort', () => fail(new DOMException('', 'AbortError')));
      return promise;
    },
    answer: (value) => answer(value),
    fail: (error) => fail(error),
  };
}

describe('questions', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => vi.useRealTimers());

  it('are asked one at a time, and of those that wait only the newest', async () => {
    const asked = new Asked<string>();
    const first = open<string>();
    const seen: string[] = [];
    asked.look('s', 'a', first.ask);
    for (const key of ['b', 'c', 'd'])
      asked.look('s', key, async () => {
        seen.push(key);
        return key;
      });
    expect(asked.working).toBe(true);
    first.answer('a');
    await turns();
    expect([seen, asked.value, asked.answered, asked.working]).toEqual([['d'], 'd', 'd', false]);
  });

  it('are not asked twice in a row', async () => {
    const asked = new Asked<number>();
    let count = 0;
    for (let i = 0; i < 3; i += 1) asked.look('s', 'a', async () => (count += 1));
    await turns();
    expect(count).toBe(1);
  });

  it('keep an answer until the next, but never beyond their subject', async () => {
    const asked = new Asked<string>();
    asked.look('user 1', 'a', async () => 'one');
    await turns();
    const slow = open<string>();
    asked.look('user 1', 'b', slow.ask);
    expect(asked.value).toBe('one');
    asked.look('user 2', 'a', async () => 'two');
    expect(asked.value).toBeNull();
    await turns();
    expect(asked.value).toBe('two');
    slow.answer('late');
    await turns();
    expect(asked.value).toBe('two');
  });

  it('are asked again after a while when the server is busy, and not when it refuses', async () => {
    const asked = new Asked<string>();
    let count = 0;
    asked.look('s', 'a', async () => {
      count += 1;
      if (count === 1) throw new ApiError('busy', 'busy', 'busy');
      return 'done';
    });
    await turns();
    expect([asked.failure?.kind, count]).toEqual(['busy', 1]);
    await vi.advanceTimersByTimeAsync(1100);
    expect([asked.value, asked.failure, count]).toEqual(['done', null, 2]);
    asked.look('s', 'b', async () => {
      count += 1;
      throw new ApiError('refused', 'bad_parameter', 'no');
    });
    await turns();
    await vi.advanceTimersByTimeAsync(5000);
    expect([asked.value, asked.failure?.code, count]).toEqual(['done', 'bad_parameter', 3]);
  });

  it('give way to a newer one while they wait to be asked again', async () => {
    const asked = new Asked<string>();
    asked.look('s', 'a', async () => {
      throw new ApiError('busy', 'busy', 'busy');
    });
    await turns();
    asked.look('s', 'b', async () => 'b');
    await vi.advanceTimersByTimeAsync(1100);
    expect([asked.value, asked.failure]).toEqual(['b', null]);
  });
});

describe('undo', () => {
  it('takes back step by step, a drag as one, and does again', () => {
    const explaining = new Explaining();
    const history = new EditHistory(explaining);
    const set = (text: string, dragged?: string): void =>
      history.step(() => (explaining.edit = text), dragged);
    set('d1');
    for (const text of ['d1_w2:0.9', 'd1_w2:0.5', 'd1_w2:0.2']) set(text, 'w2');
    history.rest();
    set('d1_w2:2', 'w2');
    expect(history.canUndo).toBe(true);
    history.undo();
    expect(explaining.edit).toBe('d1_w2:0.2');
    history.undo();
    expect(explaining.edit).toBe('d1');
    history.undo();
    expect([explaining.edit, history.canUndo]).toEqual(['', false]);
    history.undo();
    history.redo();
    expect(explaining.edit).toBe('d1');
    set('d3');
    expect(history.canRedo).toBe(false);
  });

  it('brings a removed variant back', () => {
    const explaining = new Explaining();
    const history = new EditHistory(explaining);
    explaining.edit = 'd1';
    history.step(() => explaining.clone());
    explaining.edit = 'd2';
    history.step(() => explaining.remove(0));
    expect([explaining.edits, explaining.variant]).toEqual([['d2'], 0]);
    history.undo();
    expect([explaining.edits, explaining.variant]).toEqual([['d1', 'd2'], 1]);
  });
});

describe('choices', () => {
  it('are in the address, defaults left out, and come back', () => {
    const explaining = new Explaining();
    expect([...formatLink(explaining.link).keys()]).toEqual([]);
    explaining.order = 'attention';
    explaining.editing = true;
    explaining.edit = 'd4_w3:0.5';
    explaining.clone();
    explaining.edit = 'h0.1';
    explaining.other = 'b';
    explaining.than = 'i7';
    explaining.drawer = true;
    const values = formatLink(explaining.link);
    expect(values.get('edit')).toBe('d4_w3:0.5~h0.1');
    const again = new Explaining();
    again.take(parseLink(values));
    expect(again.link).toEqual(explaining.link);
    expect([again.edit, again.variant]).toEqual(['h0.1', 1]);
  });

  it('are at most four variants, and never none', () => {
    const explaining = new Explaining();
    for (let i = 0; i < 9; i += 1) explaining.clone();
    expect(explaining.edits).toHaveLength(MOST_VARIANTS);
    for (let i = 0; i < 9; i += 1) explaining.remove(0);
    expect([explaining.edits, explaining.variant]).toEqual([[''], 0]);
    explaining.take(parseLink(new Map([['variant', '7']])));
    expect(explaining.variant).toBe(0);
  });
});

describe('the card over training', () => {
  it('measures the ends first, then what halves the longest stretch, one at a time', async () => {
    const steps = Array.from({ length: 30 }, (_, i) => i);
    const asked: number[] = [];
    const fake = new Client(async (url) => {
      const step = Number(new URLSearchParams(url.split('?')[1]).get('steps'));
      asked.push(step);
      return Response.json(cardOf(step));
    });
    const curve = new CardCurve(new ExplainClient(fake));
    const models = { run: 'a', steps, epochs: [], wall_times_s: steps, gaps: [] };
    curve.look('a', models, false);
    for (let i = 0; i < 400 && curve.known.length < 12; i += 1)
      await new Promise((done) => setImmediate(done));
    flushSync();
    expect(curve.steps).toHaveLength(12);
    expect(asked.slice(0, 2)).toEqual([29, 0]);
    expect(curve.known.map(({ step }) => step)).toEqual(curve.steps);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('spreads over all steps, both ends among them', () => {
    expect(spread([3, 5], 12)).toEqual([3, 5]);
    const many = spread(
      Array.from({ length: 100 }, (_, i) => 2 * i),
      12,
    );
    expect([many.length, many[0], many.at(-1)]).toEqual([12, 0, 198]);
  });
});

function cardOf(step: number): unknown {
  const line = { rank_correlation: 0.5, share_of_exact: 0.5 };
  return {
    run: 'a',
    step,
    epoch: null,
    layers: [],
    heads: 1,
    source: 'portable_model',
    subject: 'attention',
    verdict: 'unknown',
    users: 1,
    users_left_out: {},
    sizes: [],
    thresholds: { explains: line, partly: line },
    with_newest: [],
    newest_aside: [],
    randomised: [],
  };
}

describe('an address', () => {
  it('with a strange edit is read without it', () => {
    expect(parseEdit(parseLink(new Map([['edit', '%00<b>']])).edit ?? '').deleted).toEqual([]);
  });
});
