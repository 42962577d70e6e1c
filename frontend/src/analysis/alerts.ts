/** Heads that stopped doing anything of use, found from what the writer measured. */
import type { Measures } from '../data/schema';
import { indexAtOrBefore } from '../data/steps';

/** `collapsed`: one key gets all; `uniform`: all keys get the same; `sink`: the first key gets nearly all. */
export type AlertKind = 'collapsed' | 'uniform' | 'sink';

/** Something is wrong with a head, and has been for most of the recent steps. */
export interface Alert {
  readonly kind: AlertKind;
  /** Share of the recent steps at which it held. */
  readonly share: number;
  /** Mean of the measure over the recent steps. */
  readonly mean: number;
  /** How many recent steps were looked at. */
  readonly steps: number;
}

/** When a head is called what. */
export const LIMITS = {
  collapsedBits: 0.1,
  uniformShare: 0.98,
  sinkShare: 0.8,
  mostOfSteps: 0.8,
} as const;

/** Alerts of one head as of `step`; `evenBits` is the entropy of even attention, if known. */
export function alertsOf(
  measures: Measures,
  head: number,
  step: number,
  evenBits: number | null,
): Alert[] {
  const entropy = recent(measures, 'entropy_bits', head, step);
  const sink = recent(measures, 'sink_share', head, step);
  const alerts = [alert('collapsed', entropy, (bits) => bits < LIMITS.collapsedBits)];
  if (evenBits !== null && evenBits > 2 * LIMITS.collapsedBits)
    alerts.push(alert('uniform', entropy, (bits) => bits >= LIMITS.uniformShare * evenBits));
  alerts.push(alert('sink', sink, (share) => share > LIMITS.sinkShare));
  return alerts.filter((found) => found !== null);
}

/** The last fifth of the steps up to `step`, at least five and at most fifty. */
function recent(measures: Measures, name: string, head: number, step: number): number[] {
  const end = indexAtOrBefore(measures.steps, step) + 1;
  const count = Math.min(end, 50, Math.max(5, Math.ceil(end / 5)));
  const rows = (measures.measures[name] ?? []).slice(end - count, end);
  return rows.map((row) => row[head] ?? null).filter((value) => value !== null);
}

function alert(
  kind: AlertKind,
  values: readonly number[],
  isBad: (value: number) => boolean,
): Alert | null {
  const share = values.filter(isBad).length / Math.max(1, values.length);
  if (values.length === 0 || share < LIMITS.mostOfSteps) return null;
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return { kind, share, mean, steps: values.length };
}
