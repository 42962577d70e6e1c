import { describe, expect, it } from 'vitest';
import { isOurs, keysOf, withKeys } from '../../src/host/hash';

describe('our keys in TensorBoard’s hash', () => {
  it('come back as they were', () => {
    const values = new Map([
      ['run', 'a b/c&d=e#f%'],
      ['step', '4'],
    ]);
    const hash = withKeys('#attn', values);
    expect(hash).toBe('#attn&p.attn.run=a%20b%2Fc%26d%3De%23f%25&p.attn.step=4');
    expect(keysOf(hash)).toEqual(values);
  });

  it('leave others’ alone', () => {
    const hash = '#attn&p.other.x=1&p.attn.step=4&runFilter=a';
    expect(withKeys(hash, new Map([['step', '5']]))).toBe(
      '#attn&p.other.x=1&runFilter=a&p.attn.step=5',
    );
    expect([...keysOf(hash)]).toEqual([['step', '4']]);
  });

  it('are left out when broken', () => {
    expect([...keysOf('#attn&p.attn.run=%E0%A4%A&p.attn.=1&p.attn.novalue&p.attn.step=1')]).toEqual(
      [['step', '1']],
    );
  });

  it('are written only while this tab is the active one', () => {
    expect(['', '#attn', '#attn&x=1', '#p.attn.step=1'].map(isOurs)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['#scalars', '#scalars&p.attn.step=1', '#attnother'].map(isOurs)).toEqual([
      false,
      false,
      false,
    ]);
  });
});
