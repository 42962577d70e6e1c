/** What can be exported: known at once, while what makes the files is loaded when one is asked for. */

/** Kinds in the order they are offered. */
export const KINDS = ['png', 'svg', 'csv', 'npy', 'gif', 'html'] as const;
/** One kind of export: the file's extension. */
export type Kind = (typeof KINDS)[number];
