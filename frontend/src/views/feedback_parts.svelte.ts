/** Feedback, and the proof of what was learned from it, are a script that is asked for when a view needs it. */
import type * as Feedback from './feedback/feedback';

/** The components of that script. */
export type FeedbackParts = typeof Feedback;

let parts = $state.raw<FeedbackParts | null>(null);
let asked = false;

/** The components, once they are here; without them everything but feedback works. */
export function feedbackParts(): FeedbackParts | null {
  if (!asked) {
    asked = true;
    import('./feedback/feedback').then(
      (loaded) => (parts = loaded),
      () => undefined, // offline, or the server was upgraded since: the page says so elsewhere
    );
  }
  return parts;
}
