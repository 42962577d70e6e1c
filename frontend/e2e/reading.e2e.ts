// The recommendations at every level, for everyone: by keys alone, and in the eyes of axe.
import { execFileSync } from 'node:child_process';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { violations } from './accessibility';
import { byTestId, launch, openTab, type Tab } from './browser';
import { readStage, type CapturedFrame } from './stage';

const LEVELS = ['simple', 'evidence', 'matrix', 'formulas'];
const stage = readStage();
let browser: Browser;
let tab: Tab;

beforeAll(async () => {
  browser = await launch();
});

afterAll(async () => {
  await browser.close();
});

afterEach(async () => {
  await tab.page.context().close();
});

function last(): CapturedFrame {
  const frame = stage.captured.at(-1);
  if (frame === undefined) throw new Error('nothing was captured');
  return frame;
}

function linkTo({ run, layer, user, head, step }: CapturedFrame): Record<string, string | number> {
  return { run, layer, user, head, step };
}

/** What shows that a level is there. */
const SIGN: Record<string, string> = {
  simple: `${byTestId('story')} .fill`,
  evidence: `${byTestId('history')} .fill`,
  matrix: 'canvas[data-state="ready"]',
  formulas: `${byTestId('formula')} dl`,
};

describe.each([
  ['light, English', false, 'en'],
  ['light, Chinese', false, 'zh'],
  ['dark, English', true, 'en'],
  ['dark, Chinese', true, 'zh'],
])('%s', (_, dark, lang) => {
  it('has no accessibility violation at any level, in the help and in the table', async () => {
    tab = await openTab(browser, stage.trained, { ...linkTo(last()), lang }, { dark });
    for (const level of LEVELS) {
      await tab.frame.click(`[data-level="${level}"]`);
      await tab.frame.waitForSelector(SIGN[level] ?? '');
      expect([level, await violations(tab)]).toEqual([level, []]);
    }
    await tab.frame.click(byTestId('as-table'));
    await tab.frame.waitForSelector(byTestId('cell-table'));
    expect(['table', await violations(tab)]).toEqual(['table', []]);
    await tab.page.keyboard.press('Escape');
    await tab.frame.click(byTestId('why'));
    expect(['help', await violations(tab)]).toEqual(['help', []]);
    expect(tab.errors).toEqual([]);
  });
});

describe('by keys alone', () => {
  it('comes to a cell, and hears the value that was captured', async () => {
    const frame = last();
    tab = await openTab(browser, stage.trained, linkTo(frame));
    await tab.frame.waitForSelector(SIGN['evidence'] ?? '');
    await tabUntil('.skip');
    await tabUntil('[role="tab"][aria-selected="true"]');
    await tab.page.keyboard.press('ArrowRight');
    await tab.page.keyboard.press('ArrowRight');
    await tab.frame.waitForSelector(`${byTestId('heatmap')}[data-state="ready"]`);
    await tabUntil('[role="application"]');
    await tab.page.keyboard.press('ArrowUp');
    await tab.page.keyboard.press('ArrowUp');
    await tab.page.keyboard.press('ArrowLeft');
    await tab.page.keyboard.press('ArrowLeft');
    const size = frame.attention.length;
    const captured = frame.attention[size - 2]?.[size - 3] ?? NaN;
    const bound = frame.bounds[size - 2]?.[size - 3] ?? NaN;
    const live = tab.frame.locator('#view [aria-live="polite"]');
    await expect.poll(() => live.innerText()).toMatch(/^\d\.\d+ ± /);
    const heard = Number((await live.innerText()).match(/\d\.\d+/)?.[0]);
    expect(Math.abs(heard - captured)).toBeLessThanOrEqual(bound + 1e-4);
  });

  it('picks an item, reads a term, and changes the level', async () => {
    tab = await openTab(browser, stage.trained, linkTo(last()));
    await tab.frame.waitForSelector(SIGN['evidence'] ?? '');
    await tabUntil('.skip');
    await tab.page.keyboard.press('Enter');
    await tabUntil(`${byTestId('recommendations')} [data-term="recommendations"]`);
    await tab.frame.waitForSelector('.bubble:popover-open');
    await tab.page.keyboard.press('Escape');
    expect(await tab.frame.locator('.bubble:popover-open').count()).toBe(0);
    await tabUntil(`${byTestId('recommendations')} button.row`);
    await tab.page.keyboard.press('ArrowDown');
    await tab.page.keyboard.press('Enter');
    const second = tab.frame.locator(`${byTestId('recommendations')} button.row`).nth(1);
    await expect.poll(() => second.getAttribute('aria-pressed')).toBe('true');
    const name = await second.innerText();
    expect(await tab.frame.locator(byTestId('item-details')).innerText()).toContain(name);
    await tabUntil('[data-level="evidence"]', 'Shift+Tab');
    await tabUntil('[data-level="simple"]', 'Shift+Tab');
    await tab.page.keyboard.press('Enter');
    await tab.frame.waitForSelector(byTestId('story'));
  });

  it('is quiet once shortcuts are off, in this browser from then on', async () => {
    tab = await openTab(browser, stage.trained, { ...linkTo(last()), view: 'head' });
    await tab.frame.waitForSelector(`${byTestId('heatmap')}[data-state="ready"]`);
    await tabUntil('.skip');
    await tab.page.keyboard.press('?');
    await tab.frame.uncheck(byTestId('shortcuts'));
    await tab.page.keyboard.press('Escape');
    await tab.page.keyboard.press('c');
    expect(await tab.frame.locator('#tab-head').getAttribute('aria-selected')).toBe('true');
    await tab.page.reload();
    const again = await tab.page.waitForSelector('iframe[src*="name=attn"]');
    const frame = await again.contentFrame();
    await frame?.waitForSelector(byTestId('timeline'));
    expect(await frame?.evaluate(() => localStorage.getItem('attn.shortcuts'))).toBe('off');
  });
});

/** Press Tab until what is focused in the tab matches. */
async function tabUntil(selector: string, key = 'Tab'): Promise<void> {
  for (let i = 0; i < 90; i += 1) {
    await tab.page.keyboard.press(key);
    const found = await tab.frame.evaluate(
      (wanted) => document.hasFocus() && (document.activeElement?.matches(wanted) ?? false),
      selector,
    );
    if (found) return;
  }
  throw new Error(`${key} does not come to ${selector}`);
}

describe('what is not a picture', () => {
  it('has the evolution as a table of items and steps, with the captured value', async () => {
    const frame = last();
    tab = await openTab(browser, stage.trained, { ...linkTo(frame), view: 'evolution' });
    await tab.frame.waitForSelector(byTestId('evolution'));
    const columns = tab.frame.locator(`${byTestId('evolution')}:not([data-columns="0"])`);
    await columns.waitFor();
    await expect.poll(() => tab.frame.locator('progress').count(), { timeout: 20_000 }).toBe(0);
    await tab.frame.click(byTestId('evolution-as-table'));
    const table = tab.frame.locator(byTestId('evolution-table'));
    const steps = await table.locator('thead th').allInnerTexts();
    const at = steps.findIndex((text) => Number(text.replace(/\D/g, '')) === frame.step);
    expect(at).toBeGreaterThan(0);
    const newest = await table.locator('tbody tr').first().locator('th, td').allInnerTexts();
    const query = frame.attention.length - 1;
    const [value = NaN, bound = NaN] = [frame.attention, frame.bounds].map(
      (m) => m[query]?.[query],
    );
    expect(Math.abs(Number(newest[at]) - value)).toBeLessThanOrEqual(bound + 1e-4);
    expect(await violations(tab)).toEqual([]);
    expect(tab.errors).toEqual([]);
  });

  it('says of a tile why it is absent, on click and on focus', async () => {
    const [command = '', ...rest] = stage.appendSteps;
    execFileSync(command, [...rest, 'absent', '1', '3']);
    const link = { run: 'absent/attention', user: 1, step: 2, view: 'heads' };
    tab = await openTab(browser, stage.live, link);
    const absent = tab.frame.locator(`${byTestId('head-tile')} ${byTestId('absent')}`);
    await absent.first().waitFor({ timeout: 40_000 });
    const term = absent.first().locator('button');
    await term.click();
    const explained = tab.frame.locator('.bubble:popover-open');
    expect(await explained.innerText()).toContain('NaN');
    await tab.page.keyboard.press('Escape');
    expect(await explained.count()).toBe(0);
    // By keys alone: from the tile's own button back to the word in it.
    await tab.frame.locator(byTestId('head-select')).first().focus();
    await tab.page.keyboard.press('Shift+Tab');
    expect(await explained.innerText()).toContain('not attention');
    expect(await violations(tab)).toEqual([]);
  });
});
