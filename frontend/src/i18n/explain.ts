/** The words of evidence and what-ifs in the language on screen; no part of the first script. */
import { enExplain, type ExplainWords } from './en_explain';
import { language } from './language.svelte';
import { zhExplain } from './zh_explain';

const DICTIONARIES: Record<string, ExplainWords> = { en: enExplain, zh: zhExplain };

/** These words in the current language. */
export function explainWords(): ExplainWords {
  return DICTIONARIES[language()] ?? enExplain;
}
