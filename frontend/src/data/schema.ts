/** The shapes of docs/http_api.md: what passes here can be trusted by everything behind it. */
import * as v from 'valibot';

const step = v.pipe(v.number(), v.integer());
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const attributes = v.optional(v.record(v.string(), v.string()), {});

const reportedProblem = v.object({ code: v.string(), message: v.string(), hint: v.string() });

/** Body of every error answer. */
export const errorSchema = v.object({ error: reportedProblem });

/** One thing that is wrong with a file of the log. */
export const problemSchema = v.object({
  kind: v.string(),
  run: v.optional(v.string(), ''),
  file: v.optional(v.string(), ''),
  offset: v.optional(v.nullable(v.number()), null),
  message: v.string(),
  hint: v.optional(v.string(), ''),
});

/** `/status` */
export const statusSchema = v.object({
  generation: v.number(),
  indexing: v.object({ done_bytes: v.number(), total_bytes: v.number() }),
  reader: v.string(),
  version: v.string(),
  problems: v.array(problemSchema),
});

const layer = v.object({
  name: v.string(),
  index: v.number(),
  kind: v.string(),
  head_count: v.pipe(v.number(), v.integer(), v.minValue(1)),
  head_names: v.array(v.string()),
  causal: v.boolean(),
  query_axis: v.string(),
  key_axis: v.string(),
  mode: v.string(),
  dropout_stage: v.string(),
  similarity: v.string(),
});

const scalar = v.union([v.string(), v.number(), v.boolean(), v.null()]);

const run = v.object({
  name: v.string(),
  display_name: v.string(),
  start_time_s: v.nullable(v.number()),
  last_wall_time_s: v.nullable(v.number()),
  step_count: count,
  first_step: v.nullable(step),
  last_step: v.nullable(step),
  attempts: count,
  cohort_size: count,
  has_catalogue: v.boolean(),
  has_recommendations: v.boolean(),
  /** Whether the model itself was logged, so that it can be run again. */
  has_models: v.optional(v.boolean(), false),
  problem: v.nullable(reportedProblem),
  hyperparameters: v.record(v.string(), scalar),
  layers: v.array(layer),
});

/** `/runs` */
export const runsSchema = v.object({ generation: v.number(), runs: v.array(run) });

const user = v.object({
  index: count,
  id: v.string(),
  label: v.string(),
  attributes,
  axes: v.record(v.string(), v.array(count)),
  target_item: v.nullable(count),
});

const item = v.object({ index: count, id: v.string(), label: v.string(), attributes });

/** `/catalogue` */
export const catalogueSchema = v.object({
  run: v.string(),
  generation: v.number(),
  users: v.array(user),
  items: v.array(item),
});

/** `/catalogue` with `axes` */
export const axesSchema = v.object({
  run: v.string(),
  attempt: v.string(),
  axes: v.array(v.object({ number: count, items: v.array(v.nullable(count)) })),
  items: v.array(item),
  absent: v.array(count),
});

const gap = v.object({
  first_step: step,
  last_step: step,
  frame_count: count,
  reason: v.string(),
  detail: v.optional(v.string(), ''),
});

/** `/timeline` */
export const timelineSchema = v.object({
  run: v.string(),
  layer: v.string(),
  generation: v.number(),
  steps: v.array(step),
  epochs: v.array(v.nullable(v.number())),
  wall_times_s: v.array(v.number()),
  attempt_of_step: v.array(v.number()),
  attempts: v.array(v.object({ id: v.string(), start_time_s: v.nullable(v.number()) })),
  gaps: v.array(gap),
});

const absence = v.object({ step, reason: v.string(), detail: v.optional(v.string(), '') });

const frameHeader = v.object({
  step,
  epoch: v.nullable(v.number()),
  wall_time_s: v.number(),
  attempt: v.string(),
  sequence: v.number(),
  query_length: count,
  key_length: count,
  query_offset: v.number(),
  key_offset: v.number(),
  query_axis: v.optional(v.nullable(count), null),
  key_axis: v.optional(v.nullable(count), null),
  encoding: v.string(),
  layout: v.string(),
  /** With layout `REDUCED`: what was kept of attention too long to be kept whole. */
  reduction: v.optional(
    v.nullable(
      v.object({
        exact_rows: count,
        overview_queries: count,
        overview_keys: count,
        top_k: count,
      }),
    ),
    null,
  ),
  raw_bytes: count,
  crc32c: v.number(),
  chunk: count,
  users: v.optional(count),
  users_of_query: v.optional(v.array(count)),
});

const chunk = v.object({
  offset: count,
  length: count,
  packing: v.string(),
  packed_bytes: count,
  /** Number of the chunk, before this one, that this one is a difference to. */
  reference: v.nullable(count),
});

/** The JSON header of `/frames`, and of `/rollout` and `/aggregate`, which say what they are made of */
export const framesSchema = v.object({
  format_version: v.number(),
  run: v.string(),
  layer: v.string(),
  user: v.nullable(count),
  layers: v.optional(v.array(v.string())),
  how: v.optional(v.picklist(['mean', 'max'])),
  cohort_size: v.optional(count),
  head_count: count,
  chunks: v.array(chunk),
  frames: v.array(frameHeader),
  absent: v.array(absence),
});

/** `/recommendations` */
export const recommendationsSchema = v.object({
  run: v.string(),
  user: count,
  steps: v.array(step),
  items: v.array(v.array(count)),
  scores: v.array(v.array(v.number())),
  target_ranks: v.array(v.nullable(v.number())),
  target_scores: v.array(v.nullable(v.number())),
  seen_removed: v.boolean(),
  absent: v.array(absence),
});

/** `/measures`; `measures[name][step][head]` */
export const measuresSchema = v.object({
  run: v.string(),
  layer: v.string(),
  user: count,
  steps: v.array(step),
  measures: v.record(v.string(), v.array(v.array(v.nullable(v.number())))),
});

const number = v.nullable(v.number());
const side = v.object({ run: v.string(), layer: v.string(), step, head_count: count });

/** `/compare`; tables are `[head of a][head of b]` */
export const compareSchema = v.object({
  a: side,
  b: side,
  of_users: count,
  users: count,
  rows: count,
  shortened_users: count,
  left_out: v.record(v.string(), count),
  divergence_bits: v.array(v.array(number)),
  top_count: count,
  top_overlap: v.array(v.array(number)),
  matches: v.array(
    v.object({
      head: count,
      other_head: count,
      similarity: v.number(),
      margin: number,
      agreeing_users: count,
    }),
  ),
});

const scores = v.object({
  self: number,
  previous: number,
  near: number,
  recent: number,
  first: v.number(),
  evenness: v.number(),
  same_category: number,
  even_category: number,
});

/** `/head_types` */
export const headTypesSchema = v.object({
  run: v.string(),
  layers: v.array(
    v.object({
      name: v.string(),
      step,
      users: count,
      cohort_size: count,
      heads: v.array(v.object({ type: v.string(), score: v.number(), scores })),
    }),
  ),
});

/** `/drift`; `divergence_bits[step][head]` */
export const driftSchema = v.object({
  run: v.string(),
  layer: v.string(),
  user: count,
  to: step,
  steps: v.array(step),
  divergence_bits: v.array(v.array(number)),
});

/** One thing that is wrong with a file of the log. */
export type Problem = v.InferOutput<typeof problemSchema>;
/** What the server is doing, and what is wrong. */
export type Status = v.InferOutput<typeof statusSchema>;
/** One run as TensorBoard names it. */
export type Run = v.InferOutput<typeof run>;
/** One attention layer of a run. */
export type Layer = v.InferOutput<typeof layer>;
/** The users and items of one run. */
export type Catalogue = v.InferOutput<typeof catalogueSchema>;
/** Numbered axes of one attempt, and the items on them. */
export type NumberedAxes = v.InferOutput<typeof axesSchema>;
/** One followed user of the cohort. */
export type User = v.InferOutput<typeof user>;
/** One thing that is recommended or attended to. */
export type Item = v.InferOutput<typeof item>;
/** Logged steps of one layer, as columns. */
export type TimelineColumns = v.InferOutput<typeof timelineSchema>;
/** A stretch of steps whose frames are missing, and why. */
export type Gap = v.InferOutput<typeof gap>;
/** A step that was asked for and is not there, and why. */
export type Absence = v.InferOutput<typeof absence>;
/** What the header of `/frames` says of one frame. */
export type StoredChunk = v.InferOutput<typeof chunk>;
export type FrameHeader = v.InferOutput<typeof frameHeader>;
/** The JSON header of `/frames`. */
export type FramesHeader = v.InferOutput<typeof framesSchema>;
/** Top-k lists of one user, as columns. */
export type RecommendationColumns = v.InferOutput<typeof recommendationsSchema>;
/** Numbers per head and step. */
export type Measures = v.InferOutput<typeof measuresSchema>;
/** Heads of two layers, all against all, over a cohort. */
export type Comparison = v.InferOutput<typeof compareSchema>;
/** Two heads that belong together, and how sure that is. */
export type Match = Comparison['matches'][number];
/** What each head does, as a mean over the cohort. */
export type HeadTypes = v.InferOutput<typeof headTypesSchema>;
/** How far a head is from what it is at another step. */
export type Drift = v.InferOutput<typeof driftSchema>;
