// The pictures in docs/images, of a real run: each view, light and dark.
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { byTestId, launch, openTab, type TabOptions } from './browser';

const address = process.env['ATTN_SHOTS_ADDRESS'] ?? '';
const empty = process.env['ATTN_SHOTS_EMPTY'] ?? '';
const feedback = process.env['ATTN_SHOTS_FEEDBACK'] ?? '';
const folder = process.env['ATTN_SHOTS_FOLDER'] ?? '';
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
): Promise<void> {
  const tab = await openTab(browser, where, link, options);
  const shown =
    where === empty
      ? byTestId('empty-state')
      : `canvas[data-state="ready"], ${byTestId('evolution')}, ${byTestId('history')} .fill`;
  await tab.frame.waitForSelector(shown);
  await tab.frame.waitForSelector(byTestId('indexing'), { state: 'detached' });
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

  it('in a notebook', async () => {
    await shoot(
      `notebook-${theme}`,
      address,
      { view: 'heads', ...at() },
      { dark, width: 1100, height: 620 },
    );
  });

  it('feedback, and what was learned from it', async () => {
    const tab = await openTab(browser, feedback, { run: 'shop/attention', step: 3 }, { dark });
    await tab.frame.locator(byTestId('feedback-mark')).nth(1).click();
    await tab.frame.click(byTestId('say-known'));
    await tab.frame.waitForSelector(`${byTestId('feedback-mark')}[data-said="known"]`);
    await tab.page.screenshot({ path: `${folder}/feedback-${theme}.png` });
    await tab.frame.click(byTestId('open-proof'));
    await tab.frame.waitForSelector(byTestId('proof-evidence'));
    await tab.page.waitForTimeout(1500);
    await tab.page.screenshot({ path: `${folder}/proof-${theme}.png` });
    await tab.page.context().close();
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
