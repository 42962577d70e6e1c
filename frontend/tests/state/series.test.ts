import { describe, expect, it } from 'vitest';
import { Client } from '../../src/data/client';
import { listAt } from '../../src/state/recommendations';
import { Series } from '../../src/state/series.svelte';

const STEPS = Array.from({ length: 500 }, (_, i) => 2 * i);

function setup() {
  const asked: string[] = [];
  const state = { down: false };
  const client = new Client((url) => {
    asked.push(url);
    if (state.down) return Promise.reject(new TypeError('down'));
    const query = new URLSearchParams(url.split('?')[1]);
    return Promise.resolve(
      Response.json(url.startsWith('measures') ? measures(query) : lists(query)),
    );
  });
  return { series: new Series(client), asked, state };
}

function lists(query: URLSearchParams) {
  const text = query.get('steps') ?? '';
  const [from = 0, to = 0] = text.split('-').map(Number);
  const before = STEPS.filter((step) => step <= Number(text.split(':')[1])).slice(-1);
  const steps = text.includes(':') ? before : STEPS.filter((step) => step >= from && step <= to);
  return {
    run: 'r',
    user: Number(query.get('user')),
    steps,
    items: steps.map(() => [1]),
    scores: steps.map(() => [0.5]),
    target_ranks: steps.map(() => null),
    target_scores: steps.map(() => null),
    seen_removed: true,
    absent: [],
  };
}

const measures = (query: URLSearchParams) => ({
  run: 'r',
  layer: query.get('layer'),
  user: Number(query.get('user')),
  steps: [1],
  measures: { entropy_bits: [[1]] },
});

const answered = async (): Promise<void> => {
  for (let i = 0; i < 10; i += 1) await new Promise((done) => setImmediate(done));
};

describe('recommendations around the cursor', () => {
  it('are loaded with those of the first steps, each once', async () => {
    const { series, asked } = setup();
    series.lookAtLists('r', 0, STEPS, [450]);
    series.lookAtLists('r', 0, STEPS, [451]);
    await answered();
    expect(asked).toEqual([
      'recommendations?run=r&user=0&steps=at-or-before%3A799',
      'recommendations?run=r&user=0&steps=800-998',
      'recommendations?run=r&user=0&steps=0-399',
    ]);
    expect([series.recommendations?.steps[0], series.recommendations?.steps.at(-1)]).toEqual([
      0, 998,
    ]);
  });

  it('begin with the list before, so that a move since the previous step is one', async () => {
    const { series } = setup();
    series.lookAtLists('r', 0, STEPS, [450]);
    await answered();
    const { recommendations } = series;
    expect(recommendations && listAt(recommendations, 800, 'previous')?.referenceStep).toBe(798);
  });

  it('are all loaded for a curve, one request after the other, unless there are too many', async () => {
    const { series, asked } = setup();
    series.lookAtLists('r', 0, STEPS, [0]);
    await series.lookAtAllLists('r', 0, STEPS);
    await answered();
    expect(series.recommendations?.steps).toEqual(STEPS);
    const before = asked.length;
    await series.lookAtAllLists('r', 0, STEPS);
    await series.lookAtAllLists(
      'r',
      0,
      Array.from({ length: 5000 }, (_, i) => i),
    );
    expect(asked.length).toBe(before);
  });

  it('are completed when training goes on', async () => {
    const { series, asked } = setup();
    series.lookAtLists('r', 0, STEPS.slice(0, 10), [0]);
    series.lookAtLists('r', 0, STEPS.slice(0, 12), [0]);
    await answered();
    expect(asked.map((url) => url.split('steps=')[1])).toEqual(['0-18', '19-22']);
    expect(series.recommendations?.steps.length).toBe(12);
  });

  it('of another user replace those of the one before', async () => {
    const { series } = setup();
    series.lookAtLists('r', 0, STEPS, [0]);
    series.lookAtLists('r', 1, STEPS, [0]);
    await answered();
    expect(series.recommendations?.user).toBe(1);
    series.clearLists();
    expect(series.recommendations).toBeNull();
  });

  it('that failed are asked for again', async () => {
    const { series, asked, state } = setup();
    state.down = true;
    series.lookAtLists('r', 0, STEPS.slice(0, 10), [0]);
    await answered();
    expect(series.failure?.kind).toBe('offline');
    state.down = false;
    series.forgive();
    series.lookAtLists('r', 0, STEPS.slice(0, 10), [0]);
    await answered();
    expect([asked.length, series.failure]).toEqual([2, null]);
    expect(series.recommendations?.steps.length).toBe(10);
  });
});

describe('measures', () => {
  it('are loaded once per generation', async () => {
    const { series, asked } = setup();
    await series.lookAtMeasures('r', 'l', 0, 1);
    await series.lookAtMeasures('r', 'l', 0, 1);
    await series.lookAtMeasures('r', 'l', 0, 2);
    expect(asked.length).toBe(2);
    expect(series.measures?.layer).toBe('l');
  });

  it('of another layer are not shown for this one', async () => {
    const { series, state } = setup();
    await series.lookAtMeasures('r', 'l', 0, 1);
    state.down = true;
    await series.lookAtMeasures('r', 'm', 0, 1);
    expect(series.measures).toBeNull();
  });
});
