import { describe, expect, it } from 'vitest';
import { ScalarClient } from '../../src/data/scalars';
import { chosen, namesOf, Scalars } from '../../src/state/scalars.svelte';

const TAGS = new Map([
  ['a/train', ['epoch_loss', 'batch_loss', 'epoch_learning_rate']],
  ['a/validation', ['epoch_loss', 'NDCG@10']],
  ['b/train', ['batch_loss']],
]);

function setup(tags: ReadonlyMap<string, readonly string[]> = TAGS) {
  const asked: string[] = [];
  const client = new ScalarClient((url) => {
    asked.push(decodeURIComponent(url));
    if (!url.includes('tags')) return Promise.resolve(Response.json([[5, 1, 0.5]]));
    const body = [...tags].map(([run, names]) => [
      run,
      Object.fromEntries(names.map((n) => [n, {}])),
    ]);
    return Promise.resolve(Response.json(Object.fromEntries(body)));
  });
  return { scalars: new Scalars(client), asked };
}

describe('scalars beside a run', () => {
  it('are those of its siblings, training first', () => {
    expect(namesOf('a/attention', TAGS).map(({ key }) => key)).toEqual([
      'a/train/epoch_loss',
      'a/train/batch_loss',
      'a/train/epoch_learning_rate',
      'a/validation/epoch_loss',
      'a/validation/NDCG@10',
    ]);
    expect(namesOf('attention', new Map([['train', ['loss']]])).map(({ key }) => key)).toEqual([
      'train/loss',
    ]);
  });

  it('are loss and NDCG, by step rather than by epoch where both are there', () => {
    const keysOf = (run: string, choice = ''): string[] =>
      chosen(namesOf(run, TAGS), choice).map(({ key }) => key);
    expect(keysOf('a/attention')).toEqual(['a/train/batch_loss', 'a/validation/NDCG@10']);
    expect(keysOf('b/attention')).toEqual(['b/train/batch_loss']);
    expect(keysOf('c/attention')).toEqual([]);
    expect(keysOf('a/attention', 'a/train/epoch_loss')).toEqual(['a/train/epoch_loss']);
    expect(keysOf('a/attention', 'gone')).toEqual([]);
  });
});

describe('curves', () => {
  it('are loaded once per generation, and placed by wall time when counted in epochs', async () => {
    const { scalars, asked } = setup(new Map([['a/train', ['epoch_loss']]]));
    await scalars.look('a/attention', 1);
    await scalars.look('a/attention', 1);
    expect(asked.length).toBe(2);
    expect(scalars.curves).toEqual([
      {
        run: 'a/train',
        tag: 'epoch_loss',
        key: 'a/train/epoch_loss',
        byWallTime: true,
        wallTimes: [5],
        steps: [1],
        values: [0.5],
      },
    ]);
    await scalars.look('a/attention', 2);
    expect(asked.length).toBe(4);
  });

  it('of another run do not stay', async () => {
    const { scalars } = setup();
    await scalars.look('a/attention', 1);
    expect(scalars.curves.length).toBe(2);
    await scalars.look('c/attention', 1);
    expect([scalars.curves, scalars.names]).toEqual([[], []]);
  });
});
