/** What the third script has for the views of the first. */
export { default as Computation } from './Computation.svelte';
export { default as EvidenceDetails } from './EvidenceDetails.svelte';
export { default as EvidenceHeading } from './EvidenceHeading.svelte';
export { default as EvidenceLines } from './EvidenceLines.svelte';
export { default as FaithfulnessCard } from './FaithfulnessCard.svelte';
export { default as WhatIf } from './WhatIf.svelte';
export { feedback } from '../feedback/feedback';
