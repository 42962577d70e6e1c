/** Pictures that the server computes: where a layer or a user is named, these can stand instead. */

/** In place of a layer: all self-attention layers multiplied. No layer is called so by accident. */
export const ROLLOUT = 'attn:rollout';
/** In place of a user's index: the mean over the cohort. */
export const COHORT = -1;

/** Frames the server reads for one answer; more are refused. */
const FRAMES_OF_ANSWER = 200;

/** The most steps of one request when each needs `frames` frames. */
export function mostSteps(frames: number): number {
  return Math.max(1, Math.floor(FRAMES_OF_ANSWER / Math.max(1, frames)));
}

/** What a computed picture was computed from. */
export interface Derived {
  readonly kind: 'rollout' | 'mean' | 'max';
  /** Users that were taken in, of how many; 1 of 1 for a rollout. */
  readonly users: number;
  readonly of: number;
  /** How many users have each query; empty for a rollout. */
  readonly usersOfQuery: readonly number[];
}
