/** The language on screen; views read words through here, so that changing it changes all of them. */
import { en, type Dictionary } from './en';
import { zh } from './zh';

const DICTIONARIES: Record<string, Dictionary> = { en, zh };

let current = $state('en');

/** The language's tag, for `Intl` and `lang`. */
export function language(): string {
  return current;
}

/** The words of the current language. */
export function words(): Dictionary {
  return DICTIONARIES[current] ?? en;
}

/** Languages there are. */
export function languages(): string[] {
  return Object.keys(DICTIONARIES);
}

/** A language's own name, and its tag for `lang`. */
export const NAMES: Record<string, { readonly name: string; readonly tag: string }> = {
  en: { name: 'English', tag: 'en' },
  zh: { name: '中文', tag: 'zh-Hans' },
};

/** The first of the reader's languages that is known, else English. */
export function preferred(tags: readonly string[]): string {
  const known = tags.map((tag) => tag.toLowerCase().split('-')[0] ?? '');
  return known.find((tag) => tag in DICTIONARIES) ?? 'en';
}

/** Speak `tag` from now on, if it is known. */
export function setLanguage(tag: string): void {
  if (tag in DICTIONARIES) current = tag;
}
