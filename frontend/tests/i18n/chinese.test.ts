import { afterEach, describe, expect, it } from 'vitest';
import { en as enFirst } from '../../src/i18n/en';
import { formatMoment } from '../../src/i18n/format';
import { language, preferred, setLanguage, words } from '../../src/i18n/language.svelte';
import { zh as zhFirst } from '../../src/i18n/zh';
import { enExplain } from '../../src/i18n/en_explain';
import { zhExplain } from '../../src/i18n/zh_explain';

afterEach(() => setLanguage('en'));

/** The words of the first script, and of the one for evidence. */
const en = { ...enFirst, later: enExplain };
const zh = { ...zhFirst, later: zhExplain };

type Leaf = string | ((...args: never[]) => string);

/** Every word with its place: `heads.types.self`. */
function leaves(value: unknown, path = ''): [string, Leaf][] {
  if (typeof value === 'string' || typeof value === 'function') return [[path, value as Leaf]];
  return Object.entries(value as object).flatMap(([key, inner]) =>
    leaves(inner, path ? `${path}.${key}` : key),
  );
}
/** What a word reads like when its parts are numbered. */
const spoken = (word: Leaf): string =>
  typeof word === 'string' ? word : word(...(['1', '2', '3', '4', '5', '6'] as never[]));

describe('Simplified Chinese', () => {
  it('has every word that English has, and no other', () => {
    expect(leaves(zh).map(([path]) => path)).toHaveLength(leaves(en).length);
    expect(new Set(leaves(zh).map(([path]) => path))).toEqual(
      new Set(leaves(en).map(([path]) => path)),
    );
  });

  it('says what English says of the numbers it is given', () => {
    const chinese = new Map(leaves(zh));
    for (const [path, word] of leaves(en)) {
      if (typeof word !== 'function' || /runs\.steps|problem|history|rows/.test(path)) continue;
      const numbers = (text: string): string =>
        [...new Set(text.match(/\b[1-6]\b/g))].sort().join();
      const own = chinese.get(path) as Leaf;
      expect([path, numbers(spoken(own).replace(/[^\x20-\x7e]/g, ' '))]).toEqual([
        path,
        numbers(spoken(word).replace('4th', '4').replace('1th', '1')),
      ]);
    }
  });

  it('is written in Chinese, except for names and signs', () => {
    const foreign = leaves(zh).filter(
      ([, word]) => /[A-Za-z]{4,}/.test(spoken(word)) && !/[\u4e00-\u9fff]/.test(spoken(word)),
    );
    const names = /^(later\.card\.aopc|compare\.bits|tools\.tables|states\.emptyKeras|help\.keys)/;
    expect(foreign.filter(([path]) => !names.test(path))).toEqual([]);
  });

  it('is spoken when the browser prefers it', () => {
    expect(preferred(['de-CH', 'zh-CN', 'en'])).toBe('zh');
    expect(preferred(['fr'])).toBe('en');
    setLanguage('zh');
    expect([language(), words().title]).toEqual(['zh', '注意力']);
    expect(formatMoment(0, 'zh')).toMatch(/1970年/);
  });
});
