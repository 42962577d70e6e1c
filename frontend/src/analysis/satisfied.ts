/**
 * Which verdicts a run satisfies, by the rules of `training/feedback/satisfied.py`, from what two runs
 * logged. What a log does not hold cannot be known, and is said to be so.
 */
import type { Verdict } from '../data/feedback_schema';

/** What became of a verdict. */
export type Outcome = 'satisfied' | 'not' | 'unknown';
/** Why an outcome cannot be known. */
export type Unknown =
  'outside' | 'no_list' | 'no_model' | 'no_evidence' | 'no_place' | 'several_places';

/** A verdict and what became of it. */
export interface Judged {
  readonly verdict: Verdict;
  readonly outcome: Outcome;
  readonly why: Unknown | null;
}

/** What one user's recommendations rest on in one run; items by id. */
export interface Grounds {
  /** Places of the history by the id of the item there. */
  readonly places: ReadonlyMap<string, readonly number[]>;
  /** Attention of the predicting row, mean over layers and heads, by place. */
  readonly attention: readonly number[];
  /** How far an item's lead falls when a place is masked, by the item's id and place. */
  readonly effects: ReadonlyMap<string, readonly (number | null)[]>;
}

/** What one run shows of one user; `null` is what it did not log. */
export interface Seen {
  /** Ids of the list, best first. */
  readonly list: readonly string[] | null;
  readonly grounds: Grounds | null;
}

const HALF = 0.5;

/** The newest word on each item and on each reason, oldest first; what was taken back is none. */
export function newestWords(verdicts: readonly Verdict[]): Verdict[] {
  const newest = new Map<string, Verdict>();
  for (const said of [...verdicts].sort((a, b) => a.number - b.number)) {
    if (said.undone_s !== null) continue;
    const reason = said.kind === 'wrong_reason' ? [said.evidence] : [];
    newest.set(JSON.stringify([said.user, said.item, ...reason]), said);
  }
  return [...newest.values()];
}

/** What became of `verdict` between the parent's `before` and the child's `after`. */
export function judge(verdict: Verdict, before: Seen, after: Seen): Judged {
  const of = (outcome: Outcome): Judged => ({ verdict, outcome, why: null });
  const unknown = (why: Unknown): Judged => ({ verdict, outcome: 'unknown', why });
  if (verdict.kind === 'wrong_reason') return judgeReason(verdict, before, after, of, unknown);
  if (!after.list) return unknown('no_list');
  const isListed = after.list.includes(verdict.item);
  if (verdict.kind !== 'relevant') return of(isListed ? 'not' : 'satisfied');
  if (isListed) return of('satisfied');
  // Outside both lists it may have come up; ranks there are not logged.
  return before.list?.includes(verdict.item) ? of('not') : unknown('outside');
}

function judgeReason(
  verdict: Verdict,
  { grounds: before }: Seen,
  { grounds: after }: Seen,
  of: (outcome: Outcome) => Judged,
  unknown: (why: Unknown) => Judged,
): Judged {
  if (!before || !after) return unknown('no_model');
  const places = after.places.get(verdict.evidence) ?? [];
  const [place] = places;
  if (place === undefined) return unknown('no_place');
  if (attentionOn(after, places) > HALF * attentionOn(before, places)) return of('not');
  if (places.length > 1) return unknown('several_places');
  const [was, is] = [before, after].map(({ effects }) => effects.get(verdict.item)?.[place]);
  if (typeof was !== 'number' || typeof is !== 'number') return unknown('no_evidence');
  return of(Math.max(0, is) <= HALF * Math.max(0, was) ? 'satisfied' : 'not');
}

function attentionOn({ attention }: Grounds, places: readonly number[]): number {
  return places.reduce((sum, place) => sum + (attention[place] ?? 0), 0);
}
