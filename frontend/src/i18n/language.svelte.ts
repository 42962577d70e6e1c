/** The language on screen; views read words through here, so that changing it changes all of them. */
import { en, type Dictionary } from './en';

const DICTIONARIES: Record<string, Dictionary> = { en };

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

/** Speak `tag` from now on, if it is known. */
export function setLanguage(tag: string): void {
  if (tag in DICTIONARIES) current = tag;
}
