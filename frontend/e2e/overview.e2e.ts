// Attention over 4096 items, too long to be kept whole: what is shown of it is what was captured.
import { execFileSync } from 'node:child_process';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { violations } from './accessibility';
import { byTestId, heatmap, launch, openTab, type Tab } from './browser';
import { readStage } from './stage';

const LENGTH = 4096;
const TILES = 256;
const SIDE = LENGTH / TILES;
const stage = readStage();
let browser: Browser;
let tab: Tab;

beforeAll(async () => {
  const [command = '', ...rest] = stage.appendLong;
  execFileSync(command, [...rest, 'long', '1', '2']);
  browser = await launch();
});

afterAll(async () => {
  await browser.close();
});

afterEach(async () => {
  await tab.page.context().close();
});

async function open(link: Record<string, string | number>, dark = false): Promise<void> {
  tab = await openTab(browser, stage.live, { run: 'long/attention', step: 1, ...link }, { dark });
  // The server may not have looked at the directory yet.
  await tab.frame.waitForSelector('main canvas[data-state="ready"]', { timeout: 40_000 });
}

async function canvasSize(): Promise<[number, number]> {
  return tab.frame.$eval(byTestId('heatmap'), (element) => {
    const { width, height } = element as HTMLCanvasElement;
    return [width, height];
  });
}

/** Mean over a tile of even causal attention, below the diagonal. */
function meanOf(tileRow: number): number {
  const rows = Array.from({ length: SIDE }, (_, i) => 1 / (tileRow * SIDE + i + 1));
  return rows.reduce((a, b) => a + b, 0) / SIDE;
}

describe('attention that was reduced', () => {
  it('is shown as tiles, says so, and reads out the mean of a tile', async () => {
    await open({ view: 'head', cell: '128-3' });
    await heatmap(tab, 1);
    expect(await canvasSize()).toEqual([TILES, TILES]);
    const note = await tab.frame.locator(byTestId('reduced-note')).innerText();
    expect(note).toContain('each cell is the mean of 16 × 16 cells');
    const cell = await tab.frame.locator(byTestId('cell-value')).innerText();
    const [value = NaN, bound = NaN] = (cell.match(/\d+\.\d+/g) ?? []).map(Number);
    expect(cell).toContain('mean');
    expect(Math.abs(value - meanOf(128))).toBeLessThanOrEqual(bound + 1e-6);
    expect(await tab.frame.locator(byTestId('cell-sums')).innerText()).toContain(
      '16 queries × 16 keys',
    );
    const largest = tab.frame.locator(`${byTestId('row-focus')} li`);
    expect(await largest.first().innerText()).toMatch(/#2049 ← #\d+/);
    expect(tab.errors).toEqual([]);
  });

  it('shows tiles that are not applicable as nothing, and the largest cells on request', async () => {
    await open({ view: 'head', cell: '5-9' });
    await heatmap(tab, 1);
    expect(await tab.frame.locator(byTestId('cell-value')).innerText()).toBe('not applicable');
    const alpha = await tab.frame.$eval(byTestId('heatmap'), (element) => {
      const context = (element as HTMLCanvasElement).getContext('2d');
      return [9, 4].map((key) => context?.getImageData(key, 5, 1, 1).data[3]);
    });
    expect(alpha).toEqual([0, 255]);
    await tab.frame.click(byTestId('overview-maximum'));
    expect(await tab.frame.locator(byTestId('reduced-note')).innerText()).toContain('the largest');
  });

  it('has the exact row of the predicting position one click away', async () => {
    await open({ view: 'head' });
    await tab.frame.click(byTestId('overview-row'));
    await expect.poll(canvasSize).toEqual([LENGTH, 1]);
    expect(await tab.frame.locator(byTestId('reduced-note')).innerText()).toContain(
      'exact row of the predicting position, the last of 4,096',
    );
    await tab.frame.focus(`${byTestId('matrix')} [role="application"]`);
    await tab.page.keyboard.press('ArrowLeft');
    const cell = await tab.frame.locator(byTestId('cell-value')).innerText();
    const [value = NaN, bound = NaN] = (cell.match(/\d+\.\d+/g) ?? []).map(Number);
    expect(Math.abs(value - 1 / LENGTH)).toBeLessThanOrEqual(bound + 1e-6);
  });

  it.each(['heads', 'evolution', 'compare', 'recommendations'])(
    'is shown in the view %s without an error',
    async (view) => {
      tab = await openTab(browser, stage.live, { run: 'long/attention', step: 1, view });
      await tab.frame.waitForSelector(
        `main canvas[data-state="ready"], ${byTestId('evolution')}, ${byTestId('history')} .fill`,
      );
      await tab.page.waitForTimeout(500);
      expect(tab.errors).toEqual([]);
    },
  );

  it.each([
    ['light', false, 'en'],
    ['dark Chinese', true, 'zh'],
  ])('has no accessibility violation: %s', async (_, dark, lang) => {
    await open({ view: 'head', cell: '128-3', lang }, dark);
    expect(await violations(tab)).toEqual([]);
    await tab.frame.click(byTestId('as-table'));
    expect(await violations(tab)).toEqual([]);
  });
});
