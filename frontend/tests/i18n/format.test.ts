import { describe, expect, it } from 'vitest';
import { en } from '../../src/i18n/en';
import * as f from '../../src/i18n/format';
import { language, languages, setLanguage, words } from '../../src/i18n/language.svelte';

describe('numbers', () => {
  it('follow the language', () => {
    expect([f.formatCount(12345, 'en'), f.formatCount(12345, 'de')]).toEqual(['12,345', '12.345']);
  });

  it('of attention never turn something into nothing', () => {
    expect([0, 0.00001, 0.1246, 1].map((v) => f.formatAttention(v, 'en'))).toEqual([
      '0.0000',
      '<0.0001',
      '0.1246',
      '1.0000',
    ]);
  });

  it('have signs where they are moves', () => {
    expect([3, -3, 0].map((v) => f.formatSigned(v, 'en'))).toEqual(['+3', '-3', '0']);
  });

  it('on scales are short', () => {
    expect([0, 0.05, 0.0001, 0.125].map((v) => f.formatTick(v, 'en'))).toEqual([
      '0',
      '0.05',
      '0.0001',
      '0.125',
    ]);
  });

  it('of seconds read like a clock', () => {
    expect([0, 65, 3723].map((s) => f.formatDuration(s))).toEqual(['0:00', '1:05', '1:02:03']);
  });
});

describe('words', () => {
  it('are English, and stay so for a language nobody wrote', () => {
    setLanguage('xx');
    expect([language(), words()]).toEqual(['en', en]);
    expect(languages()).toContain('en');
  });

  it('count', () => {
    expect([en.runs.steps(1, '1'), en.runs.steps(2, '2')]).toEqual(['1 step', '2 steps']);
  });
});
