/** The frames of one clip over all of training, for files that hold all of it. */
import { thinned, type Thinned } from '../analysis/thinning';
import type { Client } from '../data/client';
import type { ClipId } from '../data/clip';
import type { Frame } from '../data/decode';
import { asApiError } from '../data/errors';

/** More frames make a file that nobody watches to its end. */
export const MOST_FRAMES = 600;
const BATCH = 32;

/** What is told while something is written, and asked whether to go on. */
export interface Progress {
  readonly signal: AbortSignal;
  report(done: number, all: number): void;
}

/** Which of the logged `steps` go into a file: all, or every second, fourth … and the last. */
export function planOf(steps: readonly number[]): Thinned {
  return thinned(steps.length, MOST_FRAMES - 1);
}

/** The frames of `wanted` steps in order, in batches; throws `ApiError`, or when called off. */
export async function* framesOf(
  client: Client,
  { run, layer, user }: ClipId,
  wanted: readonly number[],
  { signal, report }: Progress,
): AsyncGenerator<Frame> {
  let size = BATCH;
  for (let from = 0; from < wanted.length;) {
    const batch = wanted.slice(from, from + size);
    let frames: Frame[];
    try {
      frames = await client.frames(run, layer, user, batch.join(','), signal);
    } catch (error) {
      if (signal.aborted || asApiError(error).kind !== 'too_large' || size === 1) throw error;
      size = Math.ceil(size / 2);
      continue;
    }
    const byStep = new Map(frames.map((frame) => [frame.step, frame]));
    for (const step of batch) {
      const frame = byStep.get(step);
      from += 1;
      if (frame) yield frame;
      report(from, wanted.length);
    }
    signal.throwIfAborted();
  }
}

/** Let the browser draw and take input before going on. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
