// What the server computes, and the flow, on a real training: reachable, labelled, accessible.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { byTestId, launch, openTab, type Tab } from './browser';
import { readStage } from './stage';

const stage = readStage();
const frame = stage.captured[0];
if (!frame) throw new Error('nothing was captured');
const at = { run: frame.run, layer: frame.layer, user: frame.user, head: frame.head };
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
});

async function open(link: Record<string, string | number>, dark = false): Promise<Tab> {
  return openTab(browser, stage.trained, { ...at, ...link }, { dark });
}

describe('the flow', () => {
  it('is reached by keyboard, and its selection is that of the matrix', async () => {
    const tab = await open({ view: 'head', step: frame.step });
    await tab.frame.click(byTestId('shape-flow'));
    await tab.frame.waitForSelector(byTestId('flow-lines'));
    await tab.frame.focus(`${byTestId('flow')} [role="application"]`);
    await tab.page.keyboard.press('ArrowLeft');
    await tab.page.keyboard.press('ArrowUp');
    const cell = tab.frame.locator(byTestId('cell-value'));
    const place = [await cell.getAttribute('data-query'), await cell.getAttribute('data-key')];
    await tab.frame.click(byTestId('shape-matrix'));
    expect([await cell.getAttribute('data-query'), await cell.getAttribute('data-key')]).toEqual(
      place,
    );
    expect(tab.errors).toEqual([]);
  });

  it('draws as many lines as it says, in few elements', async () => {
    const tab = await open({ view: 'head', step: frame.step, shape: 'flow', edges: 10 });
    // The flow is there before its frame is: it says 0 lines then.
    const lines = tab.frame.locator(`${byTestId('flow-lines')}:not([data-lines="0"])`);
    await lines.waitFor();
    const rows = frame.attention.map((row, query) => row.slice(0, query + 1));
    const most = rows.reduce((sum, row) => sum + Math.min(10, row.length), 0);
    const drawn = Number(await lines.getAttribute('data-lines'));
    expect(drawn).toBeGreaterThan(0);
    expect(drawn).toBeLessThanOrEqual(most);
    const elements = await tab.frame.locator(`${byTestId('flow')} *`).count();
    expect(elements).toBeLessThanOrEqual(500);
  });
});

describe('what is computed', () => {
  it('is labelled: the mean of the cohort, and the rollout', async () => {
    const tab = await open({ view: 'heads', mean: 1, rollout: 1 });
    await tab.frame.waitForSelector(`${byTestId('heads-grid')} canvas[data-state="ready"]`);
    await expect
      .poll(() => tab.frame.locator(byTestId('derived')).count(), { timeout: 20_000 })
      .toBeGreaterThanOrEqual(2);
    expect(tab.errors).toEqual([]);
  });

  it.each([
    ['light flow', false, { view: 'head', shape: 'flow' }],
    ['dark flow', true, { view: 'head', shape: 'flow' }],
    ['means in Chinese', false, { view: 'heads', mean: 1, rollout: 1, lang: 'zh' }],
    ['comparison', false, { view: 'compare' }],
    ['dark comparison', true, { view: 'compare' }],
  ] as const)('has no accessibility violation: %s', async (_, dark, link) => {
    const tab = await open(link, dark);
    await tab.frame.waitForSelector(`canvas[data-state="ready"], ${byTestId('flow-lines')}`);
    await tab.page.waitForTimeout(1000);
    expect(await violations(tab)).toEqual([]);
  });
});

async function violations(tab: Tab): Promise<string[]> {
  // Evaluated by the debugger: the page's policy forbids inline scripts, as it should.
  const source = createRequire(import.meta.url).resolve('axe-core');
  await tab.frame.evaluate(readFileSync(source, 'utf8'));
  return tab.frame.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const found = (await axe.run()).violations;
    return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  });
}
