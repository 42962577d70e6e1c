/** How far a pair of heads can be relied on, as a word for its margin to the next best pair. */

/** `same`: another pair is as good; `contested`: another pair would suit one of the two better. */
export type Sureness = 'clear' | 'close' | 'same' | 'contested';

/** Margins, in similarity, from which a pair is told apart, and clearly so. */
export const MARGINS = { close: 0.01, clear: 0.05 } as const;

/** The word for a margin; `null` where there is no other pair to compare with. */
export function surenessOf(margin: number | null): Sureness | null {
  if (margin === null) return null;
  if (margin >= MARGINS.clear) return 'clear';
  if (margin >= MARGINS.close) return 'close';
  return margin > -MARGINS.close ? 'same' : 'contested';
}

/** Heads of `0 … count - 1` that no pair has. */
export function unpaired(count: number, paired: readonly number[]): number[] {
  return Array.from({ length: count }, (_, head) => head).filter((head) => !paired.includes(head));
}
