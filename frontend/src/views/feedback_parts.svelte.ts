/** Feedback, and the proof of what was learned from it, come with the script of evidence. */
import { explainParts, type ExplainParts } from './explain_parts.svelte';

/** The components of feedback in that script. */
export type FeedbackParts = ExplainParts['feedback'];

/** The components, once they are here; without them everything but feedback works. */
export function feedbackParts(): FeedbackParts | null {
  return explainParts()?.feedback ?? null;
}
