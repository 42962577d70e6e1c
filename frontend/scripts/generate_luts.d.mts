/** The text of luts.ts. */
export function generate(): string;
