/** The element that a recommendation's feedback button opens. */

/** Its id. */
export function panelId(item: number): string {
  return `feedback-${item}`;
}
