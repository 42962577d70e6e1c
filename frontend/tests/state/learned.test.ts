/** A run that learned from feedback finds its parent beside it, and nobody else's. */
import { describe, expect, it } from 'vitest';
import { asFamily, parentOf } from '../../src/state/learned';
import { run } from '../fake_server';

const shop = run('x/shop/attention', { display_name: 'x/shop' });
const other = run('y/shop/attention', { display_name: 'y/shop' });
const child = run('x/shop-feedback/attention', {
  display_name: 'x/shop-feedback',
  hyperparameters: { parent: 'shop' },
});

describe('a run that learned from feedback', () => {
  it('has the parent in its own folder', () => {
    expect(parentOf([other, shop, child], child)).toBe(shop);
    expect(parentOf([other, child], child)).toBeNull();
    expect(parentOf([other, shop, child], shop)).toBeNull();
  });

  it('makes a family with it, whichever comes first', () => {
    const runs = [shop, child, other];
    expect(asFamily(runs, shop, child)).toEqual({ parent: shop, child });
    expect(asFamily(runs, child, shop)).toEqual({ parent: shop, child });
    expect(asFamily(runs, other, child)).toBeNull();
    expect(asFamily(runs, null, child)).toBeNull();
  });
});
