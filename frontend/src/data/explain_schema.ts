/** The shapes of what is computed by running a logged model again: see "Replayed answers" in docs/http_api.md. */
import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const number = v.nullable(v.number());
const numbers = v.array(number);
const item = v.object({
  index: count,
  id: v.string(),
  label: v.string(),
  attributes: v.optional(v.record(v.string(), v.string()), {}),
});
const gap = v.object({
  first_step: v.number(),
  last_step: v.number(),
  frame_count: count,
  reason: v.string(),
  detail: v.optional(v.string(), ''),
});

/** `/models` */
export const modelsSchema = v.object({
  run: v.string(),
  steps: v.array(v.number()),
  epochs: numbers,
  wall_times_s: v.array(v.number()),
  gaps: v.array(gap),
});

/** `/items` */
export const itemsSchema = v.object({ step: v.number(), count, items: v.array(item) });

const head = {
  run: v.string(),
  step: v.number(),
  epoch: number,
  layers: v.array(v.string()),
  heads: count,
  source: v.string(),
};
const aboutUser = {
  ...head,
  user: count,
  features: v.optional(v.array(v.string()), []),
  items: v.array(item),
};

const evidenceRow = v.object({
  item: count,
  rank: count,
  score: number,
  probability: number,
  drop_when_deleted: numbers,
  rank_when_deleted: v.array(number),
  drop_when_masked: v.nullable(numbers),
  attention_gradient: v.nullable(numbers),
  contribution: v.nullable(numbers),
  agreement: v.object({ attention: number, attention_gradient: number }),
});

/** `/evidence`; lists over places have one number for each item of the history, then each feature */
export const evidenceSchema = v.object({
  ...aboutUser,
  history: v.array(count),
  attention: v.nullable(numbers),
  value_size: v.nullable(numbers),
  value_norm: v.nullable(numbers),
  recommendations: v.array(evidenceRow),
  target: v.nullable(evidenceRow),
});

const mean = v.object({ mean: number, error: number, users: count });
const method = v.object({
  method: v.string(),
  verdict: v.string(),
  aopc: mean,
  beats_random: v.nullable(v.boolean()),
  beats_recency: v.nullable(v.boolean()),
  share_of_exact: number,
  rank_correlation: mean,
  same_first: mean,
  comprehensiveness: v.array(mean),
  sufficiency: v.array(mean),
});
const line = v.object({ rank_correlation: v.number(), share_of_exact: v.number() });

/** `/faithfulness` */
export const faithfulnessSchema = v.object({
  ...head,
  subject: v.string(),
  verdict: v.string(),
  users: count,
  users_left_out: v.record(v.string(), count),
  sizes: v.array(count),
  thresholds: v.object({ explains: line, partly: line }),
  with_newest: v.array(method),
  newest_aside: v.array(method),
  randomised: v.array(v.object({ method: v.string(), rank_correlation: mean })),
});

/** `/contrast` */
export const contrastSchema = v.object({
  ...aboutUser,
  item: count,
  than: count,
  ranks: v.array(count),
  scores: numbers,
  lead: number,
  history: v.array(count),
  lead_drop_when_deleted: numbers,
  turns_around: v.array(v.boolean()),
  order: v.array(count),
});

/** `/counterfactual` */
export const counterfactualSchema = v.object({
  ...aboutUser,
  item: count,
  found: v.boolean(),
  is_smallest: v.nullable(v.boolean()),
  places: v.array(count),
  deleted: v.array(count),
  instead: v.nullable(count),
  rank_before: v.nullable(count),
  rank_after: v.nullable(count),
  tried: count,
});

const moved = v.object({
  item: count,
  rank_before: v.nullable(count),
  rank_after: v.nullable(count),
  score_before: number,
  score_after: number,
});

/** `/whatif` */
export const whatIfSchema = v.object({
  ...aboutUser,
  is_unchanged: v.boolean(),
  history: v.array(count),
  history_after: v.object({
    items: v.array(count),
    places: v.array(v.nullable(count)),
    weights: v.array(v.number()),
  }),
  attention_before: v.nullable(v.array(numbers)),
  attention_after: v.nullable(v.array(numbers)),
  recommendations: v.array(moved),
  gone: v.array(moved),
  target: v.nullable(moved),
});

const vector = v.array(v.number());

/** `/computation`; vectors are of the chosen head */
export const computationSchema = v.object({
  ...aboutUser,
  layer: v.string(),
  head: count,
  query: count,
  keys: v.array(number),
  places: v.array(v.nullable(count)),
  projection: v.object({ query: vector, keys: v.array(vector), values: v.array(vector) }),
  scores: numbers,
  scale: v.number(),
  scaled: numbers,
  applies: v.array(v.boolean()),
  masked: numbers,
  attention: vector,
  value_size: vector,
  weighted: v.array(vector),
  weighted_size: vector,
  output_size: vector,
  head_output: vector,
  output: vector,
});

/** Steps at which the model itself was logged. */
export type Models = v.InferOutput<typeof modelsSchema>;
/** Items that were found. */
export type FoundItems = v.InferOutput<typeof itemsSchema>;
/** What a user's recommendations rest on. */
export type Evidence = v.InferOutput<typeof evidenceSchema>;
/** What one recommendation rests on. */
export type EvidenceRow = v.InferOutput<typeof evidenceRow>;
/** Whether attention, and other claims, say what recommendations rest on. */
export type Faithfulness = v.InferOutput<typeof faithfulnessSchema>;
/** Figures of one method. */
export type Method = v.InferOutput<typeof method>;
/** Why one item is above another. */
export type Contrast = v.InferOutput<typeof contrastSchema>;
/** The fewest items without which something else would be first. */
export type Counterfactual = v.InferOutput<typeof counterfactualSchema>;
/** The list after an edit. */
export type WhatIf = v.InferOutput<typeof whatIfSchema>;
/** One item of the list before and after an edit. */
export type Moved = v.InferOutput<typeof moved>;
/** One head's computation, stage by stage. */
export type Computation = v.InferOutput<typeof computationSchema>;
