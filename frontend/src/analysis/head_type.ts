/**
 * What a head does, as a word with the score that led to it: a label to sort by, not an explanation.
 *
 * For the frame on screen; `tensorboard_plugin_attn/analysis/head_type.py` says the same of a cohort.
 */
import { cellIndex, valueOf, type Attention } from '../data/attention';
import { bitsOf, codeTable } from '../data/code_table';

/** `mixed` when no other word fits. */
export type HeadKind = (typeof HEAD_KINDS)[number];
/** All of them. */
export const HEAD_KINDS = [
  'self',
  'previous',
  'recent',
  'first',
  'category',
  'uniform',
  'mixed',
] as const;

/** Mean attention of a query on certain keys; `evenness` is entropy over the most there could be. */
export interface HeadScores {
  /** On the item itself; `null` where queries and keys are different axes. */
  readonly self: number | null;
  /** On the item before. */
  readonly previous: number | null;
  /** On the newest three items the query may attend to. */
  readonly recent: number | null;
  readonly first: number;
  readonly evenness: number;
  /** On items at most one place away, the own one included. */
  readonly near: number | null;
  /** On other items of the query's category; `null` where no category is known. */
  readonly same_category: number | null;
  /** The same, if attention were even: what it is by chance. */
  readonly even_category: number | null;
}

/** Categories of the items along both axes. */
export interface Categories {
  readonly queries: readonly (readonly string[])[];
  readonly keys: readonly (readonly string[])[];
}

/** A word and the score it rests on. */
export interface HeadType {
  readonly kind: HeadKind;
  readonly score: number;
  readonly scores: HeadScores;
}

/** From which score a head is called what. */
export const THRESHOLDS = {
  uniform: 0.98,
  single: 0.4,
  recent: 0.6,
  category: 0.4,
  /** And so many times what even attention has. */
  lift: 1.5,
} as const;

/** Queries with fewer keys say little: their attention has nowhere else to go. */
const LEAST_KEYS = 4;

/** Scores of one head; `sameAxis` says whether key and query positions are the same items. */
export function scoresOf(
  attention: Attention,
  head: number,
  sameAxis: boolean,
  categories: Categories | null = null,
): HeadScores {
  const groups = isKnown(categories) ? new Groups(categories, sameAxis) : null;
  const telling = sumsOf(attention, head, LEAST_KEYS, groups);
  const sums = telling.rows > 0 ? telling : sumsOf(attention, head, 0, groups);
  const mean = (sum: number): number => sum / Math.max(1, sums.rows);
  const along = (sum: number): number | null => (sameAxis ? mean(sum) : null);
  return {
    self: along(sums.self),
    previous: along(sums.previous),
    recent: along(sums.self + sums.previous + sums.beforePrevious),
    first: mean(sums.first),
    evenness: sums.mostBits > 0 ? Math.min(1, sums.bits / sums.mostBits) : 0,
    near: along(sums.previous + sums.self + sums.next),
    same_category: groups && mean(sums.same),
    even_category: groups && mean(sums.even),
  };
}

/** Sums over the queries with at least `leastKeys` keys: one pass, because scrubbing waits for it. */
function sumsOf(
  attention: Attention,
  head: number,
  leastKeys: number,
  groups: Groups | null,
): Sums {
  const { queries, queryOffset, keyOffset, encoding, codes } = attention;
  const table = codeTable(encoding);
  const sums = { ...NO_SUMS };
  for (let query = 0; query < queries; query += 1) {
    const start = cellIndex(attention, head, query, 0);
    const stored = attention.layout === 'LOWER_TRIANGLE' ? query + 1 : attention.keys;
    let [keys, bits] = [0, 0];
    for (let i = start; i < start + stored; i += 1) {
      const code = codes[i] as number;
      if (Number.isNaN(code)) continue;
      keys += 1;
      bits += table ? (table.bits[code] as number) : bitsOf(code);
    }
    if (keys < leastKeys) continue;
    const on = (key: number): number =>
      key < 0 || key >= stored ? 0 : valueOf(codes[start + key] as number, encoding) || 0;
    const at = query + queryOffset - keyOffset;
    sums.rows += 1;
    sums.bits += bits;
    sums.mostBits += Math.log2(Math.max(1, keys));
    sums.self += on(at);
    sums.previous += on(at - 1);
    sums.beforePrevious += on(at - 2);
    sums.next += on(at + 1);
    sums.first += on(0);
    for (const key of groups?.keysLike(query, at) ?? []) {
      if (key >= stored || Number.isNaN(codes[start + key])) continue;
      sums.same += on(key);
      sums.even += 1 / keys;
    }
  }
  return sums;
}

const NO_SUMS = {
  rows: 0,
  bits: 0,
  mostBits: 0,
  self: 0,
  previous: 0,
  beforePrevious: 0,
  next: 0,
  first: 0,
  same: 0,
  even: 0,
};
type Sums = typeof NO_SUMS;

function isKnown(categories: Categories | null): categories is Categories {
  return [...(categories?.queries ?? []), ...(categories?.keys ?? [])].some(
    (own) => own.length > 0,
  );
}

/** Which keys are of a query's category. */
class Groups {
  private readonly keysOf = new Map<string, number[]>();

  constructor(
    private readonly categories: Categories,
    private readonly sameAxis: boolean,
  ) {
    categories.keys.forEach((own, key) => {
      for (const name of new Set(own)) {
        const known = this.keysOf.get(name);
        if (known) known.push(key);
        else this.keysOf.set(name, [key]);
      }
    });
  }

  /** Keys that share a category with `query`, each once, without the own item at key `at`. */
  keysLike(query: number, at: number): Iterable<number> {
    const [only, ...more] = this.categories.queries[query] ?? [];
    if (only === undefined) return [];
    const found = new Set(this.keysOf.get(only));
    for (const name of more) for (const key of this.keysOf.get(name) ?? []) found.add(key);
    if (this.sameAxis) found.delete(at);
    return found;
  }
}

/** The word that fits best. */
export function typeOf(scores: HeadScores): HeadType {
  const { evenness, recent } = scores;
  const found = (kind: HeadKind, score: number): HeadType => ({ kind, score, scores });
  if (evenness >= THRESHOLDS.uniform) return found('uniform', evenness);
  const single = (['self', 'previous', 'first'] as const)
    .map((kind) => found(kind, scores[kind] ?? 0))
    .sort((a, b) => b.score - a.score)[0];
  if (single && single.score >= THRESHOLDS.single) return single;
  if (recent !== null && recent >= THRESHOLDS.recent) return found('recent', recent);
  const { same_category: same, even_category: by } = scores;
  const least = Math.max(THRESHOLDS.category, THRESHOLDS.lift * (by ?? 0));
  if (same !== null && same >= least) return found('category', same);
  return found('mixed', evenness);
}
