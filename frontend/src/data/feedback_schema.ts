/** The shapes of feedback: see `/feedback` and what follows it in docs/http_api.md. */
import * as v from 'valibot';

/** What can be said; the last names evidence. */
export const KINDS = ['relevant', 'not_relevant', 'known', 'wrong_reason'] as const;
/** What can be decided of a run that learned from feedback. */
export const DECISIONS = ['accepted', 'undone'] as const;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const reason = v.nullable(v.object({ code: v.string(), message: v.string(), hint: v.string() }));
const told = { enabled: v.boolean(), reason, token: v.nullable(v.string()) };

/** One statement as it is stored. */
export const verdictSchema = v.object({
  number: count,
  said_s: v.number(),
  undone_s: v.nullable(v.number()),
  key: v.string(),
  kind: v.picklist(KINDS),
  run: v.string(),
  attempt: v.string(),
  step: count,
  user: count,
  item: v.string(),
  evidence: v.string(),
  shown: v.array(v.string()),
  note: v.string(),
});

/** `/feedback` */
export const feedbackSchema = v.object({
  ...told,
  verdicts: v.array(verdictSchema),
  next: v.nullable(count),
});

/** One decision as it is stored. */
export const decisionSchema = v.object({
  number: count,
  decided_s: v.number(),
  key: v.string(),
  run: v.string(),
  attempt: v.string(),
  parent: v.string(),
  decision: v.picklist(DECISIONS),
});

/** `/feedback/decisions` */
export const decisionsSchema = v.object({ ...told, decisions: v.array(decisionSchema) });

/** The part of `/evidence` by which a wrong reason is judged. */
export const reasonsSchema = v.object({
  step: v.number(),
  history: v.array(count),
  attention_by_layer: v.array(v.array(v.nullable(v.number()))),
  recommendations: v.array(
    v.object({ item: count, lead_drop_when_masked: v.array(v.nullable(v.number())) }),
  ),
});

/** What can be said. */
export type Kind = (typeof KINDS)[number];
/** What can be decided. */
export type DecisionName = (typeof DECISIONS)[number];
/** One statement as it is stored. */
export type Verdict = v.InferOutput<typeof verdictSchema>;
/** One decision as it is stored. */
export type Decision = v.InferOutput<typeof decisionSchema>;
/** What `/feedback` tells. */
export type Told = v.InferOutput<typeof feedbackSchema>;
/** What `/feedback/decisions` tells. */
export type ToldDecisions = v.InferOutput<typeof decisionsSchema>;
/** What a user's recommendations rest on. */
export type Reasons = v.InferOutput<typeof reasonsSchema>;
