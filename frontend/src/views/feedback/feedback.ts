/** What the script of evidence has of feedback for the views of the first. */
import { feedbackWords } from '../../i18n/feedback';
import { feedbackOf } from '../../state/feedback.svelte';
import FeedbackLine from './FeedbackLine.svelte';
import FeedbackMark from './FeedbackMark.svelte';
import FeedbackPanel from './FeedbackPanel.svelte';
import Proof from './Proof.svelte';
import RunMark from './RunMark.svelte';
import StoryFeedback from './StoryFeedback.svelte';
import WrongReason from './WrongReason.svelte';

/** Its components, its state and its words. */
export const feedback = {
  feedbackOf,
  feedbackWords,
  FeedbackLine,
  FeedbackMark,
  FeedbackPanel,
  Proof,
  RunMark,
  StoryFeedback,
  WrongReason,
};
