/** Sizes that several pictures share, so that what belongs together lines up. */

/** CSS pixels beside a picture over steps: names to the left, air to the right. */
export const CHART = { left: 196, right: 16 } as const;
