// Pictures of every view of a log that is always the same, for tests/e2e/test_pictures.py to compare
// with those of before. Text is drawn with a font of boxes, so no machine's letters are in them.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Browser, Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byTestId, launch, openTab, settle, type Tab, type TabOptions } from './browser';

const address = process.env['ATTN_SHOTS_ADDRESS'] ?? '';
const empty = process.env['ATTN_SHOTS_EMPTY'] ?? '';
const folder = process.env['ATTN_SHOTS_FOLDER'] ?? '';
/** Draws all text with the font of boxes, from the first layout on. */
const BOXES = `
  const letters = atob('${readFileSync(process.env['ATTN_SHOTS_FONT'] ?? '').toString('base64')}');
  const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  document.fonts.add(new FontFace('Boxes', bytes.buffer));
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('*, *::before, *::after { font-family: Boxes !important; caret-color: transparent; ' +
    'text-rendering: geometricPrecision !important; }');
  document.adoptedStyleSheets.push(sheet);
`;

type LinkValues = Record<string, string | number>;

/** A picture: what the address asks for, and what must be there before it is taken. */
interface Shot {
  link: LinkValues;
  shown: readonly string[];
  options?: TabOptions;
  empty?: true;
}

const READY = '[data-state="ready"]';
const PAINTED = `canvas${READY}`;
const LISTED = [`${byTestId('recommendations')} button.row`, `${byTestId('history')} .fill`];
const LAYER = 'block_1/attention';
const PANELS = `wide/attention*${LAYER}**1~narrow/attention*${LAYER}**1`;
const SHOTS: Record<string, Shot> = {
  simple: { link: { level: 'simple' }, shown: [byTestId('story')] },
  evidence: { link: { item: 'i7' }, shown: [...LISTED, byTestId('item-details')] },
  matrix: { link: { level: 'matrix' }, shown: [...LISTED, PAINTED] },
  formulas: { link: { level: 'formulas', cell: '9-4' }, shown: [PAINTED, byTestId('formula')] },
  heads: { link: { view: 'heads' }, shown: [`${byTestId('heads-grid')} ${PAINTED}`] },
  cohort: {
    link: { view: 'heads', mean: 1, rollout: 1, sort: 'entropy' },
    shown: [`${byTestId('heads-grid')} ${PAINTED}`],
  },
  head: { link: { view: 'head', cell: '9-8' }, shown: [`${byTestId('heatmap')}${READY}`] },
  flow: { link: { view: 'head', shape: 'flow' }, shown: [byTestId('flow-lines')] },
  rejected: { link: { view: 'head', step: 180 }, shown: [byTestId('absent')] },
  evolution: { link: { view: 'evolution' }, shown: [byTestId('evolution'), byTestId('curves')] },
  compare: {
    link: { view: 'compare', compare: PANELS },
    shown: [`${byTestId('compare-panel')} ${PAINTED}`, byTestId('head-matches')],
  },
  chinese: { link: { view: 'head', lang: 'zh' }, shown: [`${byTestId('heatmap')}${READY}`] },
  notebook: {
    link: { view: 'heads' },
    shown: [`${byTestId('heads-grid')} ${PAINTED}`],
    options: { width: 900, height: 620 },
  },
  empty: { link: {}, shown: [byTestId('empty-state')], empty: true },
};

// What would otherwise be set by the machine's own settings for fonts and screens.
const ALIKE = [
  '--font-render-hinting=none',
  '--disable-lcd-text',
  '--force-color-profile=srgb',
  '--force-device-scale-factor=1',
];
let browser: Browser;
const canvases: Record<string, string[]> = {};

beforeAll(async () => {
  browser = await launch(ALIKE);
});

afterAll(async () => {
  await browser.close();
  writeFileSync(`${folder}/canvases.json`, `${JSON.stringify(canvases, null, 1)}\n`);
});

describe.each([
  ['light', false],
  ['dark', true],
])('%s', (theme, dark) => {
  it.each(Object.entries(SHOTS))('%s', async (name, shot) => {
    const tab = await open(shot, dark);
    await settle(tab, 500);
    const file = `${name}-${theme}`;
    canvases[file] = await painted(tab.frame);
    const element = await tab.frame.frameElement();
    await element.screenshot({ path: `${folder}/${file}.png`, animations: 'disabled' });
    expect(tab.errors).toEqual([]);
    await tab.page.context().close();
  });
});

/** The tab as `shot` wants it. */
async function open(shot: Shot, dark: boolean): Promise<Tab> {
  const options = { width: 1100, height: 700, ...shot.options, dark, before: BOXES };
  const where = { run: 'wide/attention', user: 0, layer: LAYER, head: 1, step: 220 };
  const tab = await openTab(
    browser,
    shot.empty ? empty : address,
    shot.empty ? {} : { ...where, ...shot.link },
    options,
  );
  for (const selector of shot.shown) await tab.frame.waitForSelector(selector);
  await tab.frame.waitForSelector(byTestId('indexing'), { state: 'detached' });
  return tab;
}

/** Size and digest of the pixels of every canvas: one pixel per cell, so they are exact. */
async function painted(frame: Frame): Promise<string[]> {
  const found = await frame.$$eval('canvas', (elements) =>
    elements.map((element) => {
      const { width, height } = element;
      const pixels = element.getContext('2d')?.getImageData(0, 0, width, height).data;
      return { size: `${width}x${height}`, pixels: [...(pixels ?? [])] };
    }),
  );
  return found.map(
    ({ size, pixels }) =>
      `${size} ${createHash('sha256').update(Buffer.from(pixels)).digest('hex').slice(0, 16)}`,
  );
}
