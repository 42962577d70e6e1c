/**
 * Heads that stopped doing anything of use, found from what the writer measured.
 * Rules and numbers are those of `analysis/alerts.py`, which writes them to the Text tab as means
 * over the cohort; docs/glossary.md explains them, and a test compares the two.
 */
import type { Measures } from '../data/schema';
import { indexAtOrBefore } from '../data/steps';

/** In the order they are told. */
export const KINDS = ['collapsed', 'uniform', 'dead', 'sink', 'duplicate', 'sudden'] as const;
/** See the glossary. */
export type AlertKind = (typeof KINDS)[number];

/** Something is wrong with a head, and has been for most of the recent steps. */
export interface Alert {
  readonly kind: AlertKind;
  /** Share of the recent steps at which it held. */
  readonly share: number;
  /** Mean of the measure over the recent steps; the largest move, if it moved suddenly. */
  readonly mean: number;
  /** How many recent steps were looked at. */
  readonly steps: number;
}

/** When a head is called what. */
export const LIMITS = {
  collapsedBits: 0.1,
  uniformShare: 0.98,
  deadShare: 0.01,
  sinkShare: 0.8,
  duplicateSimilarity: 0.98,
  suddenShare: 0.25,
  mostOfSteps: 0.8,
  recentShare: 0.2,
  fewestSteps: 5,
  mostSteps: 50,
} as const;

/** One head at one step; `null` is not known. */
interface Reading {
  readonly entropy: number | null;
  readonly sink: number | null;
  readonly alike: number | null;
  /** By how many bits entropy moved since the step before. */
  readonly moved: number | null;
  /** Its importance as a share of the layer's largest, as last known. */
  readonly importance: number | null;
}

/** Alerts of one head as of `step`; `evenBits` is the entropy of even attention, if known. */
export function alertsOf(
  measures: Measures,
  head: number,
  step: number,
  evenBits: number | null,
): Alert[] {
  if (evenBits !== null && evenBits <= 2 * LIMITS.collapsedBits) return [];
  const readings = recent(measures, head, step);
  const found = KINDS.map((kind) => alert(kind, readings, evenBits));
  return found.filter((one) => one !== null);
}

function alert(
  kind: AlertKind,
  readings: readonly Reading[],
  evenBits: number | null,
): Alert | null {
  const known = readings.filter((reading) => valueOf(kind, reading) !== null);
  const share =
    known.filter((reading) => holds(kind, reading, evenBits)).length / Math.max(1, known.length);
  const enough = kind === 'sudden' ? share > 0 : share >= LIMITS.mostOfSteps;
  if (known.length === 0 || !enough) return null;
  const values = known.map((reading) => valueOf(kind, reading) ?? 0);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return { kind, share, mean: kind === 'sudden' ? Math.max(...values) : mean, steps: known.length };
}

/** What the rule of `kind` looks at. */
function valueOf(kind: AlertKind, reading: Reading): number | null {
  if (kind === 'sink') return reading.sink;
  if (kind === 'duplicate') return reading.alike;
  return kind === 'sudden' ? reading.moved : reading.entropy;
}

function holds(kind: AlertKind, reading: Reading, evenBits: number | null): boolean {
  const { entropy, sink, alike, moved, importance } = reading;
  const uniform =
    evenBits !== null && entropy !== null && entropy >= LIMITS.uniformShare * evenBits;
  const dead = uniform && importance !== null && importance <= LIMITS.deadShare;
  const isSink = sink !== null && sink > LIMITS.sinkShare;
  switch (kind) {
    case 'collapsed':
      return entropy !== null && entropy < LIMITS.collapsedBits;
    case 'uniform':
      return uniform && !dead;
    case 'dead':
      return dead;
    case 'sink':
      return isSink;
    case 'duplicate': // of heads that are uniform or sinks it says nothing more
      return alike !== null && alike > LIMITS.duplicateSimilarity && !uniform && !isSink;
    case 'sudden':
      return evenBits !== null && moved !== null && moved > LIMITS.suddenShare * evenBits;
  }
}

/** The last fifth of the steps up to `step`, at least five and at most fifty. */
function recent(measures: Measures, head: number, step: number): Reading[] {
  const end = indexAtOrBefore(measures.steps, step) + 1;
  const wanted = Math.max(LIMITS.fewestSteps, Math.ceil(end * LIMITS.recentShare));
  const first = end - Math.min(end, LIMITS.mostSteps, wanted);
  const value = (name: string, at: number): number | null =>
    measures.measures[name]?.[at]?.[head] ?? null;
  let importance = lastImportance(measures, head, first - 1);
  return Array.from({ length: end - first }, (_, i) => {
    const entropy = value('entropy_bits', first + i);
    const before = value('entropy_bits', first + i - 1);
    importance = importanceShare(measures, head, first + i) ?? importance;
    return {
      entropy,
      sink: value('sink_share', first + i),
      alike: value('head_similarity', first + i),
      moved: entropy === null || before === null ? null : Math.abs(entropy - before),
      importance,
    };
  });
}

function lastImportance(measures: Measures, head: number, from: number): number | null {
  for (let at = from; at >= 0; at -= 1) {
    const share = importanceShare(measures, head, at);
    if (share !== null) return share;
  }
  return null;
}

/** Importance of a head as a share of the largest in its layer; `null` where it was not taken. */
function importanceShare(measures: Measures, head: number, at: number): number | null {
  const row = measures.measures['importance']?.[at];
  const own = row?.[head] ?? null;
  if (row === undefined || own === null) return null;
  const largest = Math.max(...row.map((value) => value ?? 0));
  return largest > 0 ? own / largest : 0;
}
