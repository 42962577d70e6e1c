/** Finding runs and users by what a reader types: a regular expression, or plain words if it is none. */

/** What a filter lets through, and whether it was understood as a regular expression. */
export interface Filter {
  readonly valid: boolean;
  matches(text: string): boolean;
}

/** A case-insensitive regular expression; a broken one is matched as plain text. */
export function regexFilter(pattern: string): Filter {
  try {
    const expression = new RegExp(pattern, 'i');
    return { valid: true, matches: (text) => expression.test(text) };
  } catch {
    return { valid: false, matches: plainFilter(pattern).matches };
  }
}

/** Every word must occur, in any order and case. */
export function plainFilter(pattern: string): Filter {
  const words = pattern.toLowerCase().split(/\s+/).filter(Boolean);
  return {
    valid: true,
    matches: (text) => words.every((word) => text.toLowerCase().includes(word)),
  };
}
