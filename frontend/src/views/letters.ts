/** Panels are called by letters. */

/** `A` for the first panel. */
export function letterOf(index: number): string {
  return String.fromCharCode(65 + index);
}
