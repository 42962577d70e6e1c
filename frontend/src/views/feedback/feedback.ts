/** What the script of feedback has for the views of the first. */
export { feedbackWords } from '../../i18n/feedback';
export { feedbackOf } from '../../state/feedback.svelte';
export { default as FeedbackLine } from './FeedbackLine.svelte';
export { default as FeedbackMark } from './FeedbackMark.svelte';
export { default as FeedbackPanel } from './FeedbackPanel.svelte';
export { default as Proof } from './Proof.svelte';
export { default as RunMark } from './RunMark.svelte';
export { default as StoryFeedback } from './StoryFeedback.svelte';
export { default as WrongReason } from './WrongReason.svelte';
