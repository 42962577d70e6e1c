/** Reading a faithfulness card: where a method lies between random and exact, and since when it says something. */
import type { Faithfulness, Method } from '../data/explain_schema';

/** Whether the newest item is set aside, or ordered and deleted like any other. */
export type Newest = 'aside' | 'included';

/** The figures of all methods. */
export function methodsOf(card: Faithfulness, newest: Newest): readonly Method[] {
  return newest === 'aside' ? card.newest_aside : card.with_newest;
}

/** One method's figures, if it was measured. */
export function methodOf(card: Faithfulness, newest: Newest, name: string): Method | null {
  return methodsOf(card, newest).find(({ method }) => method === name) ?? null;
}

/** A method's mark on a line from 0 to the exact order. */
export interface Mark {
  readonly name: string;
  readonly value: number;
  readonly error: number;
  /** In [0, 1]. */
  readonly at: number;
}

const MARKED = ['random', 'recency', 'attention', 'delete'];

/** AOPC of random order, newest first, attention and the exact order on one line; empty if unknown. */
export function marksOf(card: Faithfulness, newest: Newest): Mark[] {
  const found = MARKED.flatMap((name) => {
    const { mean, error } = methodOf(card, newest, name)?.aopc ?? { mean: null, error: null };
    return mean === null ? [] : [{ name, value: mean, error: error ?? 0 }];
  });
  const values = [0, ...found.map(({ value }) => value)];
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  if (found.length < MARKED.length || high <= low) return [];
  return found.map((mark) => ({ ...mark, at: (mark.value - low) / (high - low) }));
}

/** The first step of the last stretch in which attention explains, at least in part; `null`: never. */
export function explainsSince(cards: readonly Faithfulness[]): number | null {
  let since: number | null = null;
  for (const { step, verdict } of cards) {
    if (verdict === 'explains' || verdict === 'partly') since ??= step;
    else since = null;
  }
  return since;
}
