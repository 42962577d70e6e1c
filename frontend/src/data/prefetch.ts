/** Which frames to ask for next: around the cursor, mostly in the direction of play. */

/** What is looked at. Indices count logged steps, not steps. */
export interface Plan {
  readonly cursor: number;
  readonly count: number;
  readonly direction: 1 | -1;
  /** The most frames to ask for at once. */
  readonly batch: number;
  /** How far ahead to look; behind, an eighth of it. */
  readonly ahead: number;
  /** When looping, what follows the last step is the first. */
  readonly loop: boolean;
}

/** The most frames `/frames` answers at once. */
export const MAX_BATCH = 200;

const TARGET_BATCH_BYTES = 4 * 1024 * 1024;

/** How many frames of `frameBytes` make an answer that arrives soon. */
export function batchFor(frameBytes: number): number {
  return Math.max(1, Math.min(MAX_BATCH, Math.floor(TARGET_BATCH_BYTES / Math.max(1, frameBytes))));
}

/** Indices to ask for, nearest first; empty when all near the cursor is held. */
export function missing(plan: Plan, has: (index: number) => boolean): number[] {
  const wanted: number[] = [];
  for (const index of nearest(plan)) {
    if (wanted.length >= plan.batch) break;
    if (!has(index)) wanted.push(index);
  }
  return wanted;
}

/** Indices in order of how soon they may be looked at; each once. */
export function nearest(plan: Plan): number[] {
  const ahead = Math.min(plan.ahead, plan.count - 1);
  const order = new Set<number>();
  for (let distance = 0; distance <= ahead; distance += 1) {
    add(order, plan, plan.cursor + plan.direction * distance, plan.loop);
    if (distance % 8 === 1)
      add(order, plan, plan.cursor - plan.direction * Math.ceil(distance / 8), false);
  }
  return [...order];
}

function add(order: Set<number>, plan: Plan, index: number, wrap: boolean): void {
  const at = wrap ? ((index % plan.count) + plan.count) % plan.count : index;
  if (at >= 0 && at < plan.count) order.add(at);
}
