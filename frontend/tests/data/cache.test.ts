import { describe, expect, it } from 'vitest';
import { bytesOf, FrameCache } from '../../src/data/cache';
import type { Frame } from '../../src/data/decode';

function frame(step: number, bytes: number): Frame {
  return {
    kind: 'ready',
    step,
    attention: {
      step,
      heads: 1,
      queries: 1,
      keys: bytes,
      queryOffset: 0,
      keyOffset: 0,
      encoding: 'U8_SQRT',
      layout: 'FULL',
      codes: new Uint8Array(bytes),
    },
  };
}

const EACH = bytesOf(frame(0, 1000));

describe('a bounded cache of frames', () => {
  it('counts the bytes it holds, also after replacing and deleting', () => {
    const cache = new FrameCache(10 * EACH);
    cache.set('a', frame(1, 1000), 1);
    cache.set('a', frame(1, 1000), 1);
    cache.set('b', frame(2, 1000), 1);
    expect(cache.bytes).toBe(2 * EACH);
    cache.delete('a');
    cache.delete('a');
    expect([cache.bytes, cache.size]).toEqual([EACH, 1]);
  });

  it('never holds more than its budget', () => {
    const cache = new FrameCache(3 * EACH);
    for (let i = 0; i < 20; i += 1) cache.set(`${i}`, frame(i, 1000), 1);
    expect(cache.bytes).toBeLessThanOrEqual(3 * EACH);
    expect(cache.size).toBe(3);
  });

  it('drops recent before prefetched, and neither before visible', () => {
    const cache = new FrameCache(2 * EACH);
    cache.set('visible', frame(1, 1000), 2);
    cache.set('recent', frame(2, 1000), 0);
    cache.set('prefetched', frame(3, 1000), 1);
    expect([cache.has('visible'), cache.has('recent'), cache.has('prefetched')]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('drops the oldest use of a tier first', () => {
    const cache = new FrameCache(2 * EACH);
    cache.set('a', frame(1, 1000), 0);
    cache.set('b', frame(2, 1000), 0);
    cache.get('a');
    cache.set('c', frame(3, 1000), 0);
    expect([cache.has('a'), cache.has('b')]).toEqual([true, false]);
  });

  it('keeps what is on screen even when it alone is over the budget', () => {
    const cache = new FrameCache(10);
    cache.set('visible', frame(1, 1000), 2);
    expect(cache.has('visible')).toBe(true);
  });

  it('forgets by tier when told what is wanted now, and leaves alone what it is not told', () => {
    const cache = new FrameCache(2 * EACH);
    cache.set('old', frame(1, 1000), 2);
    cache.set('other', frame(2, 1000), 2);
    cache.retier((key) => (key === 'old' ? 0 : undefined));
    cache.set('new', frame(3, 1000), 2);
    expect([cache.has('old'), cache.has('other'), cache.has('new')]).toEqual([false, true, true]);
  });

  it('deletes by content', () => {
    const cache = new FrameCache(10 * EACH);
    cache.set('a', { kind: 'absent', step: 1, reason: 'not_logged', detail: '' }, 1);
    cache.set('b', frame(2, 1000), 1);
    cache.deleteWhere((_, { kind }) => kind === 'absent');
    expect([cache.has('a'), cache.has('b')]).toEqual([false, true]);
  });
});
