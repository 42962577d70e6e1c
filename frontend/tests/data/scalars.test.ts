import { describe, expect, it } from 'vitest';
import { ScalarClient } from '../../src/data/scalars';

const answering = (answer: () => Response | Promise<Response>): ScalarClient =>
  new ScalarClient(() => Promise.resolve(answer()));

describe("TensorBoard's scalars", () => {
  it('are asked for beside our own routes, with names escaped', async () => {
    const asked: string[] = [];
    const client = new ScalarClient((url) => {
      asked.push(url);
      return Promise.resolve(Response.json([]));
    });
    await client.series('a b/train', 'NDCG@10');
    expect(asked).toEqual(['../scalars/scalars?run=a+b%2Ftrain&tag=NDCG%4010']);
  });

  it('come as columns; what is no number is a gap', async () => {
    const client = answering(() =>
      Response.json([
        [100.5, 1, 8.5],
        [101.5, 2, 'NaN'],
      ]),
    );
    expect(await client.series('r', 't')).toEqual({
      wallTimes: [100.5, 101.5],
      steps: [1, 2],
      values: [8.5, null],
    });
  });

  it('are names by run', async () => {
    const client = answering(() =>
      Response.json({ train: { loss: { displayName: '', description: '' } } }),
    );
    expect(await client.tags()).toEqual(new Map([['train', ['loss']]]));
  });

  it.each([
    ['there is no such plugin', () => new Response('Not found', { status: 404 })],
    ['the answer is something else', () => Response.json([[1, 2]])],
    ['the answer is no JSON', () => new Response('<html>')],
    ['nothing answers', () => Promise.reject(new TypeError('down'))],
  ])('are nothing when %s', async (_, answer) => {
    expect(await answering(answer).series('r', 't')).toBeNull();
    expect((await answering(answer).tags()).size).toBe(0);
  });
});
