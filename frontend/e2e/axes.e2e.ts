// Attention over other things than one history, in a real TensorBoard: the logs of the guides' programs.
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { byTestId, cellPixels, heatmap, launch, openTab, type Tab } from './browser';
import { readStage } from './stage';

const stage = readStage();
let browser: Browser;
let tabs: Tab[] = [];

beforeAll(async () => {
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
});
afterEach(async (test) => {
  for (const [index, tab] of tabs.entries()) {
    if (test.task.result?.state === 'fail') {
      const name = `${test.task.name.replaceAll(/\W+/g, '-')}-${index}.png`;
      await tab.page.screenshot({ path: `${stage.artefacts}/${name}` });
    }
    await tab.page.context().close();
  }
  tabs = [];
});

async function open(link: Record<string, string | number>): Promise<Tab> {
  const tab = await openTab(browser, stage.axes, link);
  tabs.push(tab);
  return tab;
}
const matrix = (tab: Tab) => tab.frame.locator(byTestId('matrix'));

describe('target attention', () => {
  it('has candidates as rows and the history as columns, by title', async () => {
    const tab = await open({ run: 'din/attention', view: 'head', step: 40 });
    await heatmap(tab, 40);
    const pixels = await cellPixels(tab);
    expect([pixels.width, pixels.height]).toEqual([5, 6]);
    const text = (await matrix(tab).innerText()).replaceAll(/\s+/g, ' ');
    expect(text).toContain('history item → candidate ↓');
    expect(text).toContain('The tent The stove The lamp The boots The rope');
    expect(text).not.toMatch(/#\d/);
    await tab.frame.locator('.surface').focus();
    await tab.page.keyboard.press('ArrowUp');
    await tab.page.keyboard.press('ArrowUp');
    expect(await tab.frame.locator('.pair').innerText()).toMatch(
      /candidate #5\s+The \w+\s+← history item #5\s+The rope/,
    );
    expect(tab.errors).toEqual([]);
  });

  it('names other candidates at another step', async () => {
    const names = async (step: number): Promise<string> => {
      const tab = await open({ run: 'din/attention', view: 'head', step });
      await heatmap(tab, step);
      await expect.poll(async () => await matrix(tab).innerText()).not.toMatch(/#\d/);
      return (await matrix(tab).locator('.left').innerText()).trim();
    };
    expect(await names(39)).not.toBe(await names(40));
  });

  it('is followed over steps for a chosen candidate', async () => {
    const tab = await open({ run: 'din/attention', view: 'evolution', step: 40 });
    const picture = tab.frame.locator(`${byTestId('evolution')}[data-columns="40"]`);
    await picture.waitFor();
    const choice = tab.frame.locator(byTestId('evolution-query'));
    expect(await choice.locator('option').count()).toBe(6);
    const pixels = (): Promise<string> =>
      picture.evaluate((c) => (c as HTMLCanvasElement).toDataURL());
    const before = await pixels();
    await choice.selectOption('3');
    await expect.poll(pixels).not.toBe(before);
    expect(tab.errors).toEqual([]);
  });
});

describe('field attention', () => {
  it('has fields on both axes', async () => {
    const tab = await open({ run: 'autoint/attention', view: 'head', step: 39 });
    await heatmap(tab, 39);
    const text = (await matrix(tab).innerText()).replaceAll(/\s+/g, ' ');
    expect(text).toContain('field → field ↓');
    expect(text.match(/age city device weekday category price band/g)?.length).toBe(2);
  });

  it('says that a user who was left out is not logged at this step', async () => {
    const tab = await open({ run: 'autoint/attention', view: 'head', user: 2, step: 40 });
    await tab.frame.locator('p', { hasText: 'left out at this step' }).first().waitFor();
    const other = await open({ run: 'autoint/attention', view: 'head', user: 2, step: 39 });
    await heatmap(other, 39);
  });
});
