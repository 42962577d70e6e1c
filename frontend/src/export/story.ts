/**
 * One user's story as one HTML file: history, recommendations and the replay, without a network.
 *
 * Text of a log is only ever data: it is inlined as JSON that cannot end its element, put on the page
 * as text nodes, and the page's own policy forbids every other script and every request.
 */
import { cellsPerHead, errorOf, valueOf, type Attention } from '../data/attention';
import { levelOf } from '../color/scale';
import { tableOf } from '../color/tables';
import type { Palette } from '../heatmap/paint';
import { escapeJson, escapeMarkup } from './markup';
import PLAYER from './story/player.js?raw';
import STYLE from './story/story.css?raw';

/** What CSP calls the two inlined files; a test compares. */
export const PLAYER_HASH = 'sha256-4PoBOS7vKYDQibDkcbTazsVD37/nUhDDENs6f04T/7E=';
export const STYLE_HASH = 'sha256-qdguvRgzZgk1zEd7sRi7quBM2mdwZMyvNB0YHrstqTc=';

/** Cells of all frames; a larger story keeps the chosen head only. */
export const MOST_CELLS = 24_000_000;

/** A frame for the player: one byte a cell, `(code / 255)²`. */
export interface StoryFrame {
  readonly step: number;
  readonly epoch: number | null;
  readonly queries: number;
  readonly keys: number;
  readonly queryOffset: number;
  readonly keyOffset: number;
  readonly triangle: boolean;
  /** Base64 of `[head, query, key]`. */
  readonly codes: string;
}

/** A step without a frame, and why. */
export interface StoryGap {
  readonly step: number;
  readonly reason: string;
}

/** A top-k list at a step. */
export interface StoryList {
  readonly step: number;
  readonly items: readonly (readonly [string, number])[];
  readonly targetRank: number | null;
}

/** Everything the page shows. */
export interface Story {
  readonly language: string;
  readonly title: string;
  /** What and its value: run, layer, user and so on. */
  readonly about: readonly (readonly [string, string])[];
  readonly heads: readonly string[];
  readonly queryTitles: readonly string[];
  readonly keyTitles: readonly string[];
  readonly target: string | null;
  readonly frames: readonly (StoryFrame | StoryGap)[];
  readonly lists: readonly StoryList[];
  readonly palette: Palette;
  /** The largest possible |shown - captured|. */
  readonly error: number;
  readonly words: Readonly<Record<StoryWord, string>>;
}

/** Words of the page. */
export type StoryWord =
  | 'caution'
  | 'play'
  | 'pause'
  | 'step'
  | 'head'
  | 'history'
  | 'recommendations'
  | 'target'
  | 'none'
  | 'bound'
  | 'scale'
  | 'cell'
  | 'picture';

/** The whole file. */
export function toStory(story: Story): string {
  const { palette, ...rest } = story;
  const levels = Array.from({ length: 256 }, (_, code) =>
    levelOf(valueOf(code, 'U8_SQRT'), palette.scale),
  );
  const data = { ...rest, colours: [...tableOf(palette.table)], levels };
  const policy = `default-src 'none'; script-src '${PLAYER_HASH}'; style-src '${STYLE_HASH}'`;
  return [
    '<!doctype html>',
    `<html lang="${escapeMarkup(story.language)}">`,
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${escapeMarkup(policy)}">`,
    '<meta name="viewport" content="width=device-width">',
    `<title>${escapeMarkup(story.title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    `<script type="application/json" id="story">${escapeJson(data)}</script>`,
    `<script>${PLAYER}</script>`,
    '</body>',
    '</html>\n',
  ].join('\n');
}

/** A frame's cells in one byte each, and how far they may be from what was captured. */
export function storyFrame(
  attention: Attention,
  heads: readonly number[],
  epoch: number | null,
): { frame: StoryFrame; error: number } {
  const { queries, keys, layout, encoding, codes } = attention;
  const count = cellsPerHead(queries, keys, layout);
  const bytes = new Uint8Array(heads.length * count);
  let error = 0;
  heads.forEach((head, place) => {
    for (let i = 0; i < count; i += 1) {
      const code = codes[head * count + i] ?? 0;
      const byte =
        encoding === 'U8_SQRT' ? code : Math.round(255 * Math.sqrt(valueOf(code, encoding)));
      bytes[place * count + i] = byte;
      const more = encoding === 'U8_SQRT' ? 0 : errorOf(code, encoding);
      error = Math.max(error, errorOf(byte, 'U8_SQRT') + more);
    }
  });
  const { step, queryOffset, keyOffset } = attention;
  const triangle = layout === 'LOWER_TRIANGLE';
  const shape = { queries, keys, queryOffset, keyOffset, triangle };
  return { frame: { step, epoch, ...shape, codes: base64(bytes) }, error };
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 32_768)
    text += String.fromCharCode(...bytes.subarray(i, i + 32_768));
  return btoa(text);
}
