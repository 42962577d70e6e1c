import { describe, expect, it } from 'vitest';
import { Client } from '../../src/data/client';
import { decodeFrames } from '../../src/data/decode';
import { COHORT, mostSteps, ROLLOUT } from '../../src/data/derived';
import { body, header, zip } from '../frames_body';

const RAW = Uint8Array.from([0, 64, 128, 255]);
const answer = (made: object, frame: object = {}): ArrayBuffer =>
  body({ frames: [header(RAW, frame)], chunks: [zip(RAW)], made });

describe('computed frames', () => {
  it('say of how many users they are the mean', async () => {
    const made = { user: null, how: 'mean', cohort_size: 8 };
    const [frame] = await decodeFrames(answer(made, { users: 7, users_of_query: [3, 7] }));
    expect(frame?.kind === 'ready' && frame.attention.derived).toEqual({
      kind: 'mean',
      users: 7,
      of: 8,
      usersOfQuery: [3, 7],
    });
  });

  it('say that they are a rollout, and stored ones say nothing', async () => {
    const [rollout] = await decodeFrames(answer({ layers: ['l0', 'l1'] }));
    const [stored] = await decodeFrames(answer({}));
    expect(rollout?.kind === 'ready' && rollout.attention.derived?.kind).toBe('rollout');
    expect(stored?.kind === 'ready' && stored.attention.derived).toBeUndefined();
  });

  it('are asked for where a layer or a user is named', async () => {
    const asked: string[] = [];
    const client = new Client((url) => {
      asked.push(url);
      return Promise.resolve(new Response(answer({})));
    });
    await client.frames('r', 'l', 3, '1');
    await client.frames('r', ROLLOUT, 3, '1');
    await client.frames('r', 'l', COHORT, '1');
    expect(asked).toEqual([
      'frames?run=r&layer=l&user=3&steps=1',
      'rollout?run=r&user=3&steps=1',
      'aggregate?run=r&layer=l&steps=1',
    ]);
  });

  it('are asked for in as many steps as the server computes', () => {
    expect([1, 8, 200, 512].map(mostSteps)).toEqual([200, 25, 1, 1]);
  });
});
