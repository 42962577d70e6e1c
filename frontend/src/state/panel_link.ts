/** Panels of the comparison as short text: `run*layer*user*head*step~…`, `!` before a literal `*~!`. */

/** What one panel shows; `null` is left to the tab: the first layer, the first user, the shared step. */
export interface PanelChoice {
  readonly run: string;
  readonly layer: string | null;
  /** A user's id in the catalogue. */
  readonly user: string | null;
  readonly head: number;
  /** A step of its own, or `null` to follow the timeline. */
  readonly step: number | null;
}

/** The most panels side by side. */
export const MOST_PANELS = 4;

/** Write panels; empty for none. */
export function formatPanels(panels: readonly PanelChoice[]): string {
  return panels
    .map(({ run, layer, user, head, step }) =>
      [run, layer ?? '', user ?? '', head || '', step ?? '']
        .map((field) => String(field).replace(/[*~!]/g, '!$&'))
        .join('*')
        .replace(/(?<!!)\*+$/, ''),
    )
    .join('~');
}

/** Read panels; what makes no sense is left out. */
export function parsePanels(text: string): PanelChoice[] {
  return split(text, '~')
    .slice(0, MOST_PANELS)
    .flatMap((part) => {
      const [run = '', layer, user, head, step] = split(part, '*').map(unescape);
      if (!run) return [];
      return [
        {
          run,
          layer: layer || null,
          user: user || null,
          head: integer(head) ?? 0,
          step: integer(step),
        },
      ];
    });
}

/** Split at a separator that no `!` precedes; escapes stay. */
function split(text: string, separator: '*' | '~'): string[] {
  const parts: string[] = [];
  let part = '';
  for (const [token] of text.matchAll(/!?[^]/g)) {
    if (token === separator) {
      parts.push(part);
      part = '';
    } else part += token;
  }
  return [...parts, part];
}

function unescape(text: string): string {
  return text.replace(/!(.)/g, '$1');
}

function integer(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
