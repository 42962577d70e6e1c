import { describe, expect, it } from 'vitest';
import { batchFor, MAX_BATCH, missing, nearest, type Plan } from '../../src/data/prefetch';
import { includes, indexAtOrBefore, stepsParameter } from '../../src/data/steps';

const plan: Plan = { cursor: 10, count: 100, direction: 1, batch: 5, ahead: 20, loop: false };
const nothing = (): boolean => false;

describe('what to ask for next', () => {
  it('begins with the cursor and goes on in the direction of play', () => {
    expect(missing(plan, nothing).slice(0, 3)).toEqual([10, 11, 9]);
    expect(missing({ ...plan, direction: -1 }, nothing).slice(0, 3)).toEqual([10, 9, 11]);
  });

  it('leaves out what is held, and asks for nothing when all is', () => {
    expect(missing(plan, (i) => i < 15)).toEqual([15, 16, 17, 18, 19]);
    expect(missing(plan, () => true)).toEqual([]);
  });

  it('looks mostly ahead', () => {
    const order = nearest(plan);
    expect(order.filter((i) => i > 10).length).toBeGreaterThan(
      4 * order.filter((i) => i < 10).length,
    );
  });

  it('stays within the logged steps', () => {
    const order = nearest({ ...plan, cursor: 98 });
    expect(Math.max(...order)).toBe(99);
    expect(Math.min(...nearest({ ...plan, cursor: 0 }))).toBe(0);
  });

  it('goes on at the start when looping', () => {
    expect(nearest({ ...plan, cursor: 99, loop: true })).toContain(0);
    expect(nearest({ ...plan, cursor: 99 })).not.toContain(0);
  });

  it('asks for each step once', () => {
    const order = nearest({ ...plan, count: 4, loop: true });
    expect(order.length).toBe(new Set(order).size);
  });

  it('sizes answers by the size of frames', () => {
    expect(batchFor(100)).toBe(MAX_BATCH);
    expect(batchFor(1024 * 1024)).toBe(4);
    expect(batchFor(1e9)).toBe(1);
  });
});

describe('steps in a request', () => {
  const steps = [0, 10, 20, 30, 45, 50];

  it('joins neighbours into ranges, whatever their order', () => {
    expect(stepsParameter(steps, [2, 0, 1, 4])).toBe('0-20,45');
    expect(stepsParameter(steps, [3])).toBe('30');
    expect(stepsParameter(steps, [])).toBe('');
  });

  it('finds the latest logged step', () => {
    expect([-1, 0, 9, 10, 99].map((step) => indexAtOrBefore(steps, step))).toEqual([
      -1, 0, 0, 1, 5,
    ]);
    expect([includes(steps, 10), includes(steps, 11), includes([], 1)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
