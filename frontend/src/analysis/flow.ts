/** One head as lines from keys to queries: the strongest keys of each row, and what they leave out. */
import { rowOf, type Attention } from '../data/attention';

/** One line: a query attends to a key. */
export interface Edge {
  readonly query: number;
  readonly key: number;
  readonly value: number;
}

/** What is drawn of a head. */
export interface Flow {
  /** Weakest first, so that the strongest are drawn last. */
  readonly edges: readonly Edge[];
  /** Share of the rows' attention that the lines carry, 0 to 1. */
  readonly share: number;
  /** Value of the weakest line; 0 without one. */
  readonly least: number;
}

/** The `count` strongest keys of `query`, of equal ones the earlier; what is 0 is no line. */
export function edgesOf(attention: Attention, head: number, query: number, count: number): Edge[] {
  return [...rowOf(attention, head, query)]
    .map((value, key) => ({ query, key, value }))
    .filter(({ value }) => value > 0)
    .sort((a, b) => b.value - a.value || a.key - b.key)
    .slice(0, count);
}

/** Lines of `queries`, at most `count` of each. */
export function flowOf(
  attention: Attention,
  head: number,
  queries: readonly number[],
  count: number,
): Flow {
  const edges = queries.flatMap((query) => edgesOf(attention, head, query, count));
  const carried = edges.reduce((sum, { value }) => sum + value, 0);
  const all = queries.reduce(
    (sum, query) => sum + rowOf(attention, head, query).reduce((a, b) => a + (b || 0), 0),
    0,
  );
  edges.sort((a, b) => a.value - b.value);
  return { edges, share: all > 0 ? carried / all : 0, least: edges[0]?.value ?? 0 };
}
