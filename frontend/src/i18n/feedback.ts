/** The words of feedback in the language on screen; no part of the first script. */
import { enFeedback, type FeedbackWords } from './en_feedback';
import { language } from './language.svelte';
import { zhFeedback } from './zh_feedback';

const DICTIONARIES: Record<string, FeedbackWords> = { en: enFeedback, zh: zhFeedback };

/** These words in the current language. */
export function feedbackWords(): FeedbackWords {
  return DICTIONARIES[language()] ?? enFeedback;
}
