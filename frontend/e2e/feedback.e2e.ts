// Feedback as a reader gives it: by keys alone, kept over a reload, taken back; where it is off, or framed;
// and what became of it, accepted and undone.
import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { violations } from './accessibility';
import { byTestId, launch, openTab, type Tab } from './browser';
import { readStage } from './stage';

const stage = readStage();
const PARENT = { run: 'shop/attention', step: 3 };
const CHILD = { run: 'shop-feedback/attention' };
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

/** Press Tab until what is focused in the tab matches. */
async function tabUntil(selector: string, key = 'Tab'): Promise<void> {
  for (let i = 0; i < 120; i += 1) {
    await tab.page.keyboard.press(key);
    const found = await tab.frame.evaluate(
      (wanted) => document.hasFocus() && (document.activeElement?.matches(wanted) ?? false),
      selector,
    );
    if (found) return;
  }
  throw new Error(`${key} does not come to ${selector}`);
}

const mark = (place: number) => tab.frame.locator(byTestId('feedback-mark')).nth(place);
const saidOf = (place: number) => mark(place).getAttribute('data-said');

describe('a reader', () => {
  it('says something by keys alone, sees it after a reload, and takes it back', async () => {
    tab = await openTab(browser, stage.feedback, PARENT);
    await tab.frame.waitForSelector(byTestId('feedback-mark'));
    await tabUntil('.skip');
    await tab.page.keyboard.press('Enter');
    await tabUntil(byTestId('feedback-mark'));
    await tab.page.keyboard.press('ArrowDown');
    await tab.page.keyboard.press('Enter');
    await tab.frame.waitForSelector(byTestId('feedback-panel'));
    await tabUntil(byTestId('note'));
    await tab.page.keyboard.type('<b>seen</b> in the shop');
    await tabUntil(byTestId('say-not_relevant'), 'Shift+Tab');
    await tab.page.keyboard.press('Enter');
    await expect.poll(() => saidOf(1)).toBe('not_relevant');
    await tab.page.reload();
    const element = await tab.page.waitForSelector('iframe[src*="name=attn"]', {
      state: 'attached',
    });
    tab.frame = (await element.contentFrame()) ?? tab.frame;
    await tab.frame.waitForSelector(byTestId('feedback-mark'));
    await expect.poll(() => saidOf(1)).toBe('not_relevant');
    expect(await saidOf(0)).toBeNull();
    await mark(1).focus();
    await tab.page.keyboard.press('Enter');
    expect(await tab.frame.locator(byTestId('said')).innerText()).toContain('<b>seen</b>');
    await tabUntil(byTestId('undo'));
    await tab.page.keyboard.press('Enter');
    await expect.poll(() => saidOf(1)).toBeNull();
    await tab.page.keyboard.press('Escape');
    await expect.poll(() => tab.frame.locator(byTestId('feedback-panel')).count()).toBe(0);
    expect(tab.errors).toEqual([]);
  });

  it('calls a reason wrong, on the evidence and from the list of reasons', async () => {
    tab = await openTab(browser, stage.feedback, { ...PARENT, user: 0 });
    await tab.frame.click(`${byTestId('recommendations')} button.row`);
    const reason = tab.frame.locator(byTestId('wrong-reason')).first();
    await reason.click();
    await expect.poll(() => reason.getAttribute('aria-pressed')).toBe('true');
    await expect.poll(() => saidOf(0)).toBe('wrong_reason');
    await mark(0).click();
    await tab.frame.selectOption(byTestId('reason'), { index: 2 });
    await tab.frame.click(byTestId('say-wrong_reason'));
    await expect.poll(() => tab.frame.locator(`${byTestId('said')} li`).count()).toBe(2);
    expect(tab.errors).toEqual([]);
  });

  it('is told when it is not stored, and the same statement is stored once at last', async () => {
    tab = await openTab(browser, stage.feedback, { ...PARENT, user: 1 });
    await tab.frame.waitForSelector(byTestId('feedback-mark'));
    const keys: string[] = [];
    let refusals = 1;
    await tab.page.route('**/feedback/say', async (route) => {
      keys.push((route.request().postDataJSON() as { key: string }).key);
      if (refusals-- <= 0) return route.continue();
      await route.fetch(); // it arrives, and its answer is lost
      return route.abort();
    });
    await mark(2).click();
    await tab.frame.click(byTestId('say-known'));
    await expect.poll(() => saidOf(2), { timeout: 20_000 }).toBe('known');
    expect(new Set(keys).size).toBe(1);
    expect(keys.length).toBe(2);
    expect(await tab.frame.locator(`${byTestId('said')} li`).count()).toBe(1);
    await tab.page.unroute('**/feedback/say');
    await tab.page.route('**/feedback/say', (route) =>
      route.fulfill({
        status: 429,
        json: { error: { code: 'too_much_feedback', message: 'x', hint: 'y' } },
      }),
    );
    await tab.frame.click(byTestId('say-relevant'));
    const out = tab.frame.locator(byTestId('outgoing'));
    await expect.poll(() => out.innerText()).toContain('10 statements a minute');
    await tab.page.unroute('**/feedback/say');
    await tab.frame.click(byTestId('retry'));
    await expect.poll(() => saidOf(2)).toBe('relevant');
  });

  it('sees all of it, filters it, and saves it as a table', async () => {
    tab = await openTab(browser, stage.feedback, PARENT);
    await tab.frame.click(byTestId('feedback-all'));
    await tab.frame.waitForSelector(byTestId('feedback-list'));
    const rows = tab.frame.locator(`${byTestId('feedback-list')} tbody tr`);
    await expect.poll(() => rows.count()).toBeGreaterThan(2);
    await tab.frame.selectOption(byTestId('filter-kind'), 'wrong_reason');
    await expect.poll(() => rows.count()).toBe(2);
    await tab.frame.selectOption(byTestId('filter-kind'), '');
    await tab.frame.selectOption(byTestId('filter-back'), 'undone');
    await expect.poll(() => rows.count()).toBe(1);
    const saved = tab.page.waitForEvent('download');
    await tab.frame.click(byTestId('feedback-csv'));
    const file = await (await saved).path();
    const lines = readFileSync(file, 'utf8').trim().split('\r\n');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain('not_relevant');
    expect(await violations(tab)).toEqual([]);
  });
});

describe('where nothing can be said', () => {
  it('says in one line how it is switched on, and offers nothing', async () => {
    tab = await openTab(browser, stage.feedbackOff, PARENT);
    const line = await tab.frame.waitForSelector(byTestId('feedback-refusal'));
    expect(await line.innerText()).toContain('--attn_feedback');
    expect(await tab.frame.locator(byTestId('feedback-refusal')).count()).toBe(1);
    expect(await tab.frame.locator(byTestId('feedback-mark')).count()).toBe(0);
    expect(tab.errors).toEqual([]);
  });

  it('refuses in a page of another origin, with the reason', async () => {
    tab = await openTab(browser, stage.feedback, PARENT);
    await tab.page.goto(`${stage.feedbackOff}data/environment`);
    await tab.page.setContent(
      `<iframe src="${stage.feedback}#attn" style="width:1200px;height:800px"></iframe>`,
    );
    const outer = await (await tab.page.waitForSelector('iframe')).contentFrame();
    const inner = await outer?.waitForSelector('iframe[src*="name=attn"]', { state: 'attached' });
    const frame = await inner?.contentFrame();
    const line = await frame?.waitForSelector(byTestId('feedback-refusal'));
    expect(await line?.getAttribute('data-why')).toBe('framed');
    expect(await frame?.locator(byTestId('feedback-mark')).count()).toBe(0);
  });
});

describe('what was learned', () => {
  it('is shown beside its parent, accepted, and undone', async () => {
    tab = await openTab(browser, stage.feedback, CHILD);
    await tab.frame.click(byTestId('open-proof'));
    await tab.frame.waitForSelector(byTestId('proof-evidence'));
    expect(await tab.frame.locator(byTestId('proof-guard')).getAttribute('data-guard')).toBe(
      'kept',
    );
    expect(await tab.frame.locator(byTestId('proof-satisfied')).innerText()).toContain('75');
    expect(await tab.frame.locator(`${byTestId('proof-verdicts')} li`).count()).toBe(2);
    expect(await tab.frame.locator(`${byTestId('proof-before')} tbody tr`).count()).toBe(5);
    await tab.frame.click(byTestId('decide-accepted'));
    const run = tab.frame.locator(byTestId('run-mark'));
    await expect.poll(() => run.getAttribute('data-decision')).toBe('accepted');
    await tab.frame.click(byTestId('decide-undone'));
    await expect.poll(() => run.getAttribute('data-decision')).toBe('undone');
    await tab.page.reload();
    const element = await tab.page.waitForSelector('iframe[src*="name=attn"]', {
      state: 'attached',
    });
    tab.frame = (await element.contentFrame()) ?? tab.frame;
    await tab.frame.waitForSelector(`${byTestId('proof-decision')}[data-decision="undone"]`);
    expect(tab.errors).toEqual([]);
  });
});

describe.each([
  ['light, English', false, 'en'],
  ['light, Chinese', false, 'zh'],
  ['dark, English', true, 'en'],
  ['dark, Chinese', true, 'zh'],
])('%s', (_, dark, lang) => {
  it('has no accessibility violation at any level, opened and in the proof', async () => {
    tab = await openTab(browser, stage.feedback, { ...PARENT, lang }, { dark });
    for (const level of ['evidence', 'matrix', 'formulas', 'simple']) {
      await tab.frame.click(`[data-level="${level}"]`);
      await tab.frame.waitForSelector(
        byTestId(level === 'simple' ? 'story-feedback' : 'feedback-mark'),
      );
      if (level === 'evidence') await mark(0).click();
      expect([level, await violations(tab)]).toEqual([level, []]);
    }
    await tab.frame.click(byTestId('open-proof'));
    await tab.frame.waitForSelector(byTestId('proof-evidence'));
    expect(['proof', await violations(tab)]).toEqual(['proof', []]);
    expect(tab.errors).toEqual([]);
  });

  it('has none where it is off', async () => {
    tab = await openTab(browser, stage.feedbackOff, { ...PARENT, lang }, { dark });
    await tab.frame.waitForSelector(byTestId('feedback-refusal'));
    expect(await violations(tab)).toEqual([]);
  });
});
