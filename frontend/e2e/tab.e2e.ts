// The Attention tab in a real TensorBoard, in a real browser, on a really trained log.
import { execFileSync } from 'node:child_process';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tableOf } from '../src/color/tables';
import { violations } from './accessibility';
import {
  byTestId,
  cellPixels,
  heatmap,
  launch,
  openTab,
  type Tab,
  type TabOptions,
} from './browser';
import { type CapturedFrame, readStage } from './stage';

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

async function open(
  address: string,
  link: Record<string, string | number> = {},
  options: TabOptions = {},
): Promise<Tab> {
  const tab = await openTab(browser, address, link, options);
  tabs.push(tab);
  return tab;
}

function linkTo(frame: CapturedFrame): Record<string, string | number> {
  const { run, layer, user, head, step } = frame;
  return { run, layer, user, head, step, view: 'head' };
}

function first(): CapturedFrame {
  const frame = stage.captured[0];
  if (frame === undefined) throw new Error('nothing was captured');
  return frame;
}

describe('a trained log', () => {
  it('opens on the recommendations without a console error', async () => {
    const tab = await open(stage.trained);
    await tab.frame.waitForSelector(`${byTestId('recommendations')} button.row`);
    await tab.frame.waitForSelector(`${byTestId('history')} .fill`);
    expect(await tab.frame.locator(byTestId('recommendations')).innerText()).toMatch(/[A-Z]{3}/);
    expect(tab.errors).toEqual([]);
  });

  it('opens under a path prefix with the other loader', async () => {
    const tab = await open(stage.prefixed, { view: 'heads' });
    await tab.frame.waitForSelector(`${byTestId('heads-grid')} canvas[data-state="ready"]`);
    expect(tab.errors).toEqual([]);
  });

  it('plays forward and pauses', async () => {
    const tab = await open(stage.trained, linkTo(first()));
    await heatmap(tab);
    await tab.frame.click(byTestId('play'));
    await tab.frame.waitForFunction(
      ([selector, start]) => {
        const shown = document.querySelector(String(selector));
        return Number(shown?.getAttribute('data-step')) > Number(start);
      },
      [byTestId('heatmap'), first().step] as const,
    );
    await tab.frame.click(byTestId('play'));
    const paused = await shownStep(tab);
    await tab.page.waitForTimeout(500);
    expect(await shownStep(tab)).toBe(paused);
    expect(tab.errors).toEqual([]);
  });

  it('goes to a step that is typed in', async () => {
    const other = stage.captured.find((frame) => frame.step !== first().step);
    expect(other).toBeDefined();
    const tab = await open(stage.trained, linkTo(first()));
    await heatmap(tab, first().step);
    await tab.frame.fill(byTestId('step-input'), String(other?.step));
    await tab.frame.press(byTestId('step-input'), 'Enter');
    await heatmap(tab, other?.step);
  });

  it('shows another user and another head', async () => {
    const tab = await open(stage.trained, linkTo(first()));
    await heatmap(tab);
    const before = await cellPixels(tab);
    await tab.page.locator('iframe[src*="name=attn"]').focus();
    await tab.frame.focus('body');
    await tab.page.keyboard.press(']');
    await tab.frame.waitForSelector(
      `${byTestId('heatmap')}[data-head="${first().head + 1}"][data-state="ready"]`,
    );
    expect((await cellPixels(tab)).data).not.toEqual(before.data);
    const before2 = await linkValue(tab, 'user');
    await chooseUser(tab, (first().user + 1) % 8);
    await expect.poll(() => linkValue(tab, 'user')).not.toBe(before2);
    expect(tab.errors).toEqual([]);
  });

  it('paints exactly the attention that was captured', async () => {
    expect(stage.captured.length).toBeGreaterThan(3);
    for (const frame of stage.captured) {
      const tab = await open(stage.trained, linkTo(frame));
      await heatmap(tab, frame.step);
      expectPainted(await cellPixels(tab), frame);
      await tab.page.context().close();
      tabs.pop();
    }
  });

  it('reads out the captured value within the bound it states', async () => {
    for (const frame of stage.captured.slice(0, 3)) {
      const tab = await open(stage.trained, linkTo(frame));
      await heatmap(tab, frame.step);
      await expectReadOut(tab, frame);
    }
  });

  it('restores everything from a link, and goes back', async () => {
    const frame = stage.captured.at(-1);
    if (frame === undefined) throw new Error('nothing was captured');
    const tab = await open(stage.trained, linkTo(frame));
    await heatmap(tab, frame.step);
    const canvas = tab.frame.locator(byTestId('heatmap'));
    expect(await canvas.getAttribute('data-head')).toBe(String(frame.head));
    expect(await linkValue(tab, 'run')).toBe(frame.run);
    const chosen = await checkedUser(tab);
    expect(chosen).toBe(frame.user);
    await chooseUser(tab, (frame.user + 2) % 8);
    await expect.poll(() => checkedUser(tab)).toBe((frame.user + 2) % 8);
    await tab.page.goBack();
    await expect.poll(() => checkedUser(tab)).toBe(frame.user);
  });

  it('says what a link asked for and is not there', async () => {
    const tab = await open(stage.trained, {
      run: 'no/such/run',
      user: 99,
      step: 10_000_000,
      view: 'heads',
    });
    await tab.frame.waitForSelector(`${byTestId('heads-grid')} canvas[data-state="ready"]`);
    await tab.frame.waitForSelector(byTestId('notice'));
    expect(await tab.frame.locator(byTestId('notice')).first().innerText()).toContain(
      'no/such/run',
    );
    expect(tab.errors.filter((error) => !error.includes('404'))).toEqual([]);
  });

  it('is dark when TensorBoard is', async () => {
    const tab = await open(stage.trained, { view: 'heads' }, { dark: true });
    await tab.frame.waitForSelector(`${byTestId('heads-grid')} canvas[data-state="ready"]`);
    const [red] = await background(tab);
    expect(red).toBeLessThan(80);
    const light = await open(stage.trained, { view: 'heads' });
    await light.frame.waitForSelector(`${byTestId('heads-grid')} canvas[data-state="ready"]`);
    expect((await background(light))[0]).toBeGreaterThan(200);
  });

  it.each([
    ['light heads', false, 'heads'],
    ['dark heads', true, 'heads'],
    ['light head', false, 'head'],
    ['dark head', true, 'head'],
  ])('has no accessibility violation: %s', async (_, dark, view) => {
    const tab = await open(stage.trained, { ...linkTo(first()), view }, { dark });
    await tab.frame.waitForSelector('canvas[data-state="ready"]');
    expect(await violations(tab)).toEqual([]);
  });
});

describe('a log that is written to', () => {
  it('follows a running training, and says when the run is deleted', async () => {
    append('growing', 1, 5);
    const tab = await open(stage.live, { run: 'growing/attention', view: 'head' });
    await heatmap(tab);
    append('growing', 6, 4);
    await tab.frame.click(byTestId('live'));
    await heatmap(tab, 9);
    execFileSync(stage.removeRun[0] ?? '', [...stage.removeRun.slice(1), 'growing']);
    await tab.frame.waitForSelector(byTestId('message'), { timeout: 20_000 });
    expect(await tab.frame.locator(byTestId('message')).innerText()).toContain('growing');
  });

  it('draws attention that was rejected as rejected, with the reason', async () => {
    append('rejected', 1, 3);
    const tab = await open(stage.live, {
      run: 'rejected/attention',
      user: 1,
      step: 2,
      view: 'head',
    });
    await tab.frame.waitForSelector(`${byTestId('absent')}[data-reason="rejected"]`);
    expect(await tab.frame.locator(byTestId('absent')).innerText()).toContain('NaN');
  });
});

describe('a log without attention', () => {
  it('says how to log', async () => {
    const tab = await open(stage.empty);
    await tab.frame.waitForSelector(byTestId('empty-state'));
    const text = await tab.frame.locator(byTestId('empty-state')).innerText();
    expect(text).toContain('AttentionCallback');
    expect(text).toContain('watch(model');
    expect(text).toContain('AttentionWriter');
    expect(tab.errors).toEqual([]);
  });
});

function append(run: string, firstStep: number, count: number): void {
  const [command = '', ...rest] = stage.appendSteps;
  execFileSync(command, [...rest, run, String(firstStep), String(count)]);
}

async function shownStep(tab: Tab): Promise<number> {
  return Number(await tab.frame.locator(byTestId('heatmap')).getAttribute('data-step'));
}

async function linkValue(tab: Tab, key: string): Promise<string | null> {
  const hash = new URL(tab.page.url()).hash.slice(1);
  return new URLSearchParams(hash.replaceAll('+', '%2B')).get(`p.attn.${key}`);
}

function users(tab: Tab): Locator {
  return tab.frame.locator(`${byTestId('user-list')} input[type="radio"]`);
}

async function chooseUser(tab: Tab, index: number): Promise<void> {
  await users(tab).nth(index).check();
}

async function checkedUser(tab: Tab): Promise<number> {
  return users(tab).evaluateAll((inputs) =>
    inputs.findIndex((input) => (input as HTMLInputElement).checked),
  );
}

async function background(tab: Tab): Promise<number[]> {
  const color = await tab.frame.$eval('body', (body) => {
    let element: Element | null = body.firstElementChild ?? body;
    while (element !== null) {
      const found = getComputedStyle(element).backgroundColor;
      if (!found.startsWith('rgba(0, 0, 0, 0')) return found;
      element = element.parentElement;
    }
    return '';
  });
  return (color.match(/\d+/g) ?? []).map(Number);
}

/** Every applicable cell has the colour the table gives its stored code. */
function expectPainted(
  pixels: { width: number; height: number; data: number[] },
  frame: CapturedFrame,
): void {
  const size = frame.codes.length;
  expect([pixels.width, pixels.height]).toEqual([frame.codes[0]?.length, size]);
  const table = tableOf('cividis');
  const wrong: string[] = [];
  for (let query = 0; query < size; query++) {
    for (let key = 0; key <= query; key++) {
      const code = frame.codes[query]?.[key] ?? -1;
      const at = 4 * (query * pixels.width + key);
      const painted = pixels.data.slice(at, at + 3);
      const expected = [...table.slice(3 * code, 3 * code + 3)];
      if (painted.join() !== expected.join()) wrong.push(`${query},${key}: ${painted} ${expected}`);
    }
  }
  expect(wrong.slice(0, 5)).toEqual([]);
}

/** Move to a few cells by keyboard; what is read out is what was captured, within its bound. */
async function expectReadOut(tab: Tab, frame: CapturedFrame): Promise<void> {
  await tab.frame.focus(`${byTestId('matrix')} [role="application"]`);
  await tab.page.keyboard.press('ArrowLeft');
  for (const move of ['ArrowLeft', 'ArrowUp', 'ArrowLeft', 'ArrowLeft']) {
    await tab.page.keyboard.press(move);
    const cell = tab.frame.locator(byTestId('cell-value'));
    const query = Number(await cell.getAttribute('data-query'));
    const key = Number(await cell.getAttribute('data-key'));
    const numbers = ((await cell.innerText()).match(/\d+\.\d+/g) ?? []).map(Number);
    const [value = NaN, bound = NaN] = numbers;
    const digit = 0.5 * 10 ** -4; // both are shown with at least four decimals
    expect(Math.abs(value - (frame.attention[query]?.[key] ?? NaN))).toBeLessThanOrEqual(
      bound + 2 * digit,
    );
    expect(bound).toBeLessThanOrEqual((frame.bounds[query]?.[key] ?? NaN) + 2 * digit);
  }
}
