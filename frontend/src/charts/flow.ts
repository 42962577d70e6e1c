/** Lines between two columns as few paths: one for each of some strengths, however many lines. */
import type { Edge } from '../analysis/flow';
import { positionOf, type Scale } from '../color/scale';

/** Where the columns stand, in pixels. */
export interface FlowRoom {
  /** Between the columns. */
  readonly width: number;
  readonly keyY: (key: number) => number;
  readonly queryY: (query: number) => number;
}

/** Lines of about one strength. */
export interface Strand {
  readonly d: string;
  /** 0 to 1, on the scale that all pictures share. */
  readonly strength: number;
}

/** Strengths that are told apart. */
export const STRENGTHS = 8;

/** One line: level where it leaves and where it arrives. */
export function linePath({ query, key }: Edge, { width, keyY, queryY }: FlowRoom): string {
  const [from, to] = [keyY(key), queryY(query)].map((y) => Math.round(10 * y) / 10);
  const [a, b] = [0.4, 0.6].map((share) => Math.round(share * width));
  return `M0 ${from}C${a} ${from} ${b} ${to} ${width} ${to}`;
}

/** Strength of an attention weight, 0 to 1. */
export function strengthOf(value: number, scale: Scale): number {
  return positionOf(value, scale);
}

/** Lines as paths, weakest first. */
export function strandsOf(edges: readonly Edge[], scale: Scale, room: FlowRoom): Strand[] {
  const paths = new Array<string>(STRENGTHS).fill('');
  for (const edge of edges) {
    const level = Math.ceil(strengthOf(edge.value, scale) * STRENGTHS) - 1;
    if (level >= 0) paths[level] += linePath(edge, room);
  }
  return paths
    .map((d, level) => ({ d, strength: (level + 1) / STRENGTHS }))
    .filter(({ d }) => d !== '');
}
