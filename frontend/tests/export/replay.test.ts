import { describe, expect, it } from 'vitest';
import { ApiError } from '../../src/data/errors';
import type { Client } from '../../src/data/client';
import { fileName } from '../../src/export/download';
import { framesOf, MOST_FRAMES, planOf } from '../../src/export/replay';
import { FakeServer } from '../fake_server';

const id = { run: 'a', layer: 'l0', user: 0 };

async function collect(
  client: Client,
  steps: number[],
  controller = new AbortController(),
  report: (done: number, all: number) => void = () => undefined,
): Promise<number[]> {
  const found: number[] = [];
  for await (const frame of framesOf(client, id, steps, { signal: controller.signal, report }))
    found.push(frame.step);
  return found;
}

describe('a replay', () => {
  it('has every wanted step in order, and says how far it is', async () => {
    const server = new FakeServer();
    const told: [number, number][] = [];
    const report = (done: number, all: number): void => void told.push([done, all]);
    expect(await collect(server.client, [0, 10, 20], undefined, report)).toEqual([0, 10, 20]);
    expect(told).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  });

  it('asks for fewer steps at once when an answer is too large', async () => {
    const server = new FakeServer();
    const { client } = server;
    const sizes: number[] = [];
    const frames: Client['frames'] = (run, layer, user, steps, signal) => {
      sizes.push(steps.split(',').length);
      if (steps.includes(',')) throw new ApiError('too_large', 'response_too_large', 'too large');
      return client.frames(run, layer, user, steps, signal);
    };
    expect(await collect({ frames } as Client, [0, 10, 20])).toEqual([0, 10, 20]);
    expect(sizes.slice(-3)).toEqual([1, 1, 1]);
    expect(sizes.filter((size) => size > 1).length).toBeLessThan(8);
  });

  it('stops when it is called off', async () => {
    const controller = new AbortController();
    const report = (): void => controller.abort();
    const steps = Array.from({ length: 100 }, (_, i) => 10 * i);
    await expect(collect(new FakeServer().client, steps, controller, report)).rejects.toThrow(
      /abort/i,
    );
  });

  it('tells of a server that is down', async () => {
    const server = new FakeServer();
    server.down = true;
    await expect(collect(server.client, [0])).rejects.toThrow('does not answer');
  });

  it.each([0, 1, 600, 601, 100_000])(
    'takes at most 600 of %i steps, with first and last',
    (count) => {
      const steps = Array.from({ length: count }, (_, i) => i);
      const { indices } = planOf(steps);
      expect(indices.length).toBeLessThanOrEqual(MOST_FRAMES);
      expect(indices.at(0)).toBe(steps.at(0));
      expect(indices.at(-1)).toBe(steps.at(-1));
    },
  );
});

describe('a file name', () => {
  it('has letters of any script, and nothing a file system minds', () => {
    expect(fileName(['run/a b', '用户 1', '../x', 7], 'csv')).toBe(
      'attention_run-a-b_用户-1_x_7.csv',
    );
  });

  it('is not endless', () => {
    expect(fileName(['a'.repeat(500)], 'png').length).toBeLessThan(130);
  });
});
