// The pictures in docs/images, of a real run: each view, light and dark.
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { byTestId, launch, openTab, type TabOptions } from './browser';

const address = process.env['ATTN_SHOTS_ADDRESS'] ?? '';
const empty = process.env['ATTN_SHOTS_EMPTY'] ?? '';
const folder = process.env['ATTN_SHOTS_FOLDER'] ?? '';
/** Without the newest item, and with others looked at more and less. */
const EDIT = 'd44_w40:2,43:0.5';
const step = process.env['ATTN_SHOTS_STEP'] ?? 'latest';
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(async () => {
  await browser.close();
});

async function shoot(
  name: string,
  where: string,
  link: Record<string, string | number>,
  options: TabOptions,
  until: string | null = null,
): Promise<void> {
  const tab = await openTab(browser, where, link, options);
  const shown =
    until !== null
      ? until
      : where === empty
        ? byTestId('empty-state')
        : `canvas[data-state="ready"], ${byTestId('evolution')}, ${byTestId('history')} .fill`;
  await tab.frame.waitForSelector(shown);
  await tab.frame.waitForSelector(byTestId('indexing'), { state: 'detached' });
  const hint = tab.frame.locator(`${byTestId('hint')} button`);
  if (until !== null && (await hint.count()) > 0) await hint.click();
  await tab.page.waitForTimeout(1500);
  await tab.page.screenshot({ path: `${folder}/${name}.png` });
  await tab.page.context().close();
}

describe.each([
  ['light', false],
  ['dark', true],
])('%s', (theme, dark) => {
  it.each(['recommendations', 'heads', 'head', 'evolution', 'compare'])('%s', async (view) => {
    await shoot(`${view}-${theme}`, address, { view, ...at() }, { dark });
  });

  it.each([
    ['evidence', {}, byTestId('counterfactual')],
    ['whatif', { whatif: 1, edit: EDIT }, `${byTestId('whatif-list')} .up`],
    ['computation', { view: 'head', drawer: 1 }, byTestId('stage-7')],
  ])('%s', async (name, link, until) => {
    await shoot(`${name}-${theme}`, address, { ...at(), ...link }, { dark }, until);
  });

  it('in a notebook', async () => {
    await shoot(
      `notebook-${theme}`,
      address,
      { view: 'heads', ...at() },
      { dark, width: 1100, height: 620 },
    );
  });

  it('empty', async () => {
    await shoot(`empty-${theme}`, empty, {}, { dark });
  });
});

/** The better of the demo's two runs, a customer with a long history, the layer that predicts. */
function at(): Record<string, string | number> {
  return {
    run: 'sasrec-d64/attention',
    user: 4,
    layer: 'sasrec/block_1/attention',
    head: 1,
    ...(step === 'latest' ? {} : { step }),
  };
}
