// Evidence, faithfulness, what-ifs and computations: what is on screen is what the server computes.
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { violations } from './accessibility';
import { byTestId, launch, openTab, type Tab, type TabOptions } from './browser';
import { readStage } from './stage';

const stage = readStage();
const RUN = 'sasrec-d64/attention';
const OTHER = 'sasrec-d16/attention';
const USER = 4;
const LAYER = 'sasrec/block_1/attention';
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

type Link = Record<string, string | number>;
type Json = Record<string, never> & { [key: string]: Json & number & string & Json[] };

async function open(link: Link = {}, options: TabOptions = {}): Promise<void> {
  tab = await openTab(browser, stage.trained, { run: RUN, user: USER, ...link }, options);
}

/** What a route answers about the user on screen, at the newest step. */
async function ask(route: string, query: Link = {}): Promise<Json> {
  const about = { run: RUN, user: USER, steps: 'latest', ...query };
  const search = new URLSearchParams(Object.entries(about).map(([k, v]) => [k, `${v}`]));
  const response = await fetch(`${stage.trained}data/plugin/attn/${route}?${search}`);
  expect([route, response.status]).toEqual([route, 200]);
  return (await response.json()) as Json;
}

async function evidence(link: Link = {}): Promise<Json> {
  await open(link);
  await tab.frame.waitForSelector(`${byTestId('recommendations')} li[data-place]`);
  return ask('evidence');
}

/** Items of a list on screen, with their scores. */
async function listed(testid = 'whatif-list'): Promise<{ item: number; score: number }[]> {
  return tab.frame.$$eval(`${byTestId(testid)} tr[data-rank]`, (rows) =>
    rows.map((row) => ({
      item: Number(row.getAttribute('data-item')),
      score: Number(row.querySelector('[data-score]')?.getAttribute('data-score')),
    })),
  );
}

const expected = (answer: Json): { item: number; score: number }[] =>
  (answer['recommendations'] as Json[]).map((row) => ({
    item: row['item'] as number,
    score: row['score_after'] as number,
  }));

/** The list on screen becomes what the server answers to `edit`. */
async function becomes(edit: Link, testid = 'whatif-list', run = RUN): Promise<Json> {
  const answer = await ask('whatif', { ...edit, run });
  await expect.poll(() => listed(testid), { timeout: 20_000 }).toEqual(expected(answer));
  return answer;
}

async function openWhatIf(link: Link = {}, options: TabOptions = {}): Promise<Json> {
  await open({ whatif: 1, ...link }, options);
  await tab.frame.waitForSelector(byTestId('whatif-list'), { timeout: 40_000 });
  return ask('whatif');
}

const slider = (place: number): string => `${byTestId(`weight-${place}`)} input[type="range"]`;
const address = (): string => decodeURIComponent(tab.page.url());

describe('evidence', () => {
  it('stands beneath each recommendation, ordered by what removing does', async () => {
    const answer = await evidence();
    const row = (answer['recommendations'] as Json[])[0] as Json;
    const drops = row['drop_when_deleted'] as unknown as number[];
    const lines = await tab.frame.$$eval(`[data-evidence-of="${row['item']}"] li`, (items) =>
      items.map((item) => [
        Number(item.getAttribute('data-place')),
        Number(item.querySelector('[data-effect]')?.getAttribute('data-effect')),
        Number(item.querySelector('[data-attention]')?.getAttribute('data-attention')),
      ]),
    );
    const places = drops
      .map((drop, place) => ({ drop, place }))
      .sort((a, b) => b.drop - a.drop || b.place - a.place);
    const attention = answer['attention'] as unknown as number[];
    expect(lines).toEqual(
      places.slice(0, 2).map(({ drop, place }) => [place, drop, attention[place]]),
    );
    expect(tab.errors).toEqual([]);
  });

  it('is ordered by attention on request, and the address says so', async () => {
    const answer = await evidence();
    await tab.frame.click(byTestId('order-attention'));
    const attention = answer['attention'] as unknown as number[];
    const first = attention.indexOf(Math.max(...attention));
    await expect
      .poll(() =>
        tab.frame.$eval('[data-evidence-of] li', (item) => item.getAttribute('data-place')),
      )
      .toBe(`${first}`);
    await expect.poll(address).toContain('order=attention');
  });

  it('says in the details what it would take, and why the item is above another', async () => {
    const answer = await evidence();
    const [one, , third] = answer['recommendations'] as Json[];
    const [item, than] = [one?.['item'] as number, third?.['item'] as number];
    const expectedSet = await ask('counterfactual', { item });
    await tab.frame.waitForSelector(
      `${byTestId('counterfactual')}[data-places="${(expectedSet['places'] as unknown as number[]).join(',')}"]`,
    );
    await tab.frame.selectOption(byTestId('than'), `${than}`);
    const contrast = await ask('contrast', { item, than });
    await tab.frame.waitForSelector(`${byTestId('contrast')}[data-lead="${contrast['lead']}"]`);
    expect(tab.errors).toEqual([]);
  });

  it('says what to do where the model was not logged', async () => {
    tab = await openTab(browser, stage.axes, {});
    await tab.frame.waitForSelector(byTestId('history'));
    expect(await tab.frame.locator(byTestId('whatif-toggle')).count()).toBe(0);
    expect(await tab.frame.locator(byTestId('faithfulness')).count()).toBe(0);
    expect(tab.errors).toEqual([]);
  });
});

describe('the faithfulness card', () => {
  it('gives the verdict of the server in words, with its figures', async () => {
    await open();
    const card = await ask('faithfulness');
    await tab.frame.waitForSelector(
      `${byTestId('faithfulness')}[data-verdict="${card['verdict']}"]`,
      { timeout: 40_000 },
    );
    await tab.frame.click(byTestId('card-more'));
    const methods = card['newest_aside'] as Json[];
    expect(await tab.frame.locator(`${byTestId('card-table')} tbody tr`).count()).toBe(
      methods.length,
    );
    await tab.frame.click(byTestId('newest-included'));
    const included = (card['with_newest'] as Json[]).find(
      (method) => (method['method'] as string) === 'recency',
    );
    const aopc = (included?.['aopc'] as unknown as { mean: number }).mean.toFixed(3);
    expect(
      await tab.frame.locator(`${byTestId('card-table')} [data-method="recency"]`).innerText(),
    ).toContain(aopc);
  });

  it('is replayed over training: a point goes to its step', async () => {
    await open();
    await tab.frame.waitForSelector(`${byTestId('faithfulness')} strong`, { timeout: 40_000 });
    await tab.frame.click(byTestId('card-more'));
    const [first = 0] = (await ask('models'))['steps'] as unknown as number[];
    const point = `${byTestId('card-curve')} [data-step]`;
    await tab.frame.waitForSelector(point, { timeout: 40_000 });
    const step = await tab.frame.$eval(point, (element) => element.getAttribute('data-step'));
    expect(Number(step)).toBeGreaterThanOrEqual(first);
    await tab.frame.click(point);
    await expect.poll(() => tab.frame.inputValue(byTestId('step-input'))).toBe(step);
  });
});

describe('a what-if', () => {
  it('shows, for a moved slider, the list and the attention the server answers', async () => {
    const before = await openWhatIf();
    expect(await listed()).toEqual(expected(before));
    const newest = (before['history'] as unknown as number[]).length - 1;
    await tab.frame.fill(slider(newest - 1), '0');
    await tab.frame.fill(slider(newest - 2), '24');
    const answer = await becomes({ weights: `${newest - 2}:4,${newest - 1}:0` });
    const after = (answer['attention_after'] as unknown as number[][]).at(-1);
    const shown = await tab.frame.$eval(
      `${byTestId(`weight-${newest - 2}`)} [data-after]`,
      (element) => Number(element.getAttribute('data-after')),
    );
    expect(shown).toBe(after?.[newest - 2]);
    expect(tab.errors).toEqual([]);
  });

  it('tells deleting from weight 0', async () => {
    const before = await openWhatIf();
    const newest = (before['history'] as unknown as number[]).length - 1;
    await tab.frame.click(`${byTestId(`weight-${newest}`)} [data-action="delete"]`);
    const deleted = await becomes({ deleted: newest });
    await tab.frame.click(`${byTestId(`weight-${newest}`)} [data-action="delete"]`);
    await becomes({});
    await tab.frame.fill(slider(newest), '0');
    const masked = await becomes({ weights: `${newest}:0` });
    expect(expected(masked)).not.toEqual(expected(deleted));
  });

  it('adds an item that was searched for, and switches a head and a layer off', async () => {
    const before = await openWhatIf();
    const length = (before['history'] as unknown as number[]).length;
    await tab.frame.fill(byTestId('add-search'), 'candle');
    const add = tab.frame.locator(`${byTestId('add-found')} button`).first();
    await add.click();
    await tab.frame.click(byTestId('head-0-1'));
    await tab.frame.click(byTestId('layer-1'));
    const found = await ask('items', { query: 'candle' });
    const item = (found['items'] as Json[])[0]?.['index'] as number;
    await becomes({ added: `${length}:${item}`, heads_off: '0.1', layers_off: 1 });
    expect(await tab.frame.locator(`${byTestId('changes')} li`).count()).toBe(3);
  });

  it('is undone and done again, in steps, and cloned', async () => {
    const before = await openWhatIf();
    const newest = (before['history'] as unknown as number[]).length - 1;
    await tab.frame.click(`${byTestId(`weight-${newest}`)} [data-action="delete"]`);
    await becomes({ deleted: newest });
    await tab.frame.click(byTestId('clone'));
    await tab.frame.fill(slider(newest - 1), '12');
    await becomes({ deleted: newest, weights: `${newest - 1}:0.5` });
    await tab.frame.click(byTestId('variant-0'));
    await becomes({ deleted: newest });
    await tab.frame.click(byTestId('variant-1'));
    await tab.frame.click(byTestId('undo'));
    await becomes({ deleted: newest });
    await tab.frame.click(byTestId('redo'));
    await becomes({ deleted: newest, weights: `${newest - 1}:0.5` });
    await tab.frame.click(byTestId('clear'));
    await becomes({});
  });

  it('is in the address, and comes back with it', async () => {
    const before = await openWhatIf();
    const newest = (before['history'] as unknown as number[]).length - 1;
    expect(address()).not.toContain('p.attn.edit');
    await tab.frame.fill(slider(newest), '8');
    await becomes({ weights: `${newest}:0.25` });
    await expect.poll(address).toContain(`p.attn.edit=w${newest}:0.25`);
    const link = tab.page.url();
    await tab.page.goto('about:blank');
    await tab.page.goto(link);
    const element = await tab.page.waitForSelector('iframe[src*="name=attn"]', {
      state: 'attached',
    });
    tab.frame = (await element.contentFrame()) ?? tab.frame;
    await tab.frame.waitForSelector(byTestId('whatif-list'));
    await becomes({ weights: `${newest}:0.25` });
    expect(await tab.frame.inputValue(slider(newest))).toBe('8');
  });

  it('is compared with the same in another run', async () => {
    const before = await openWhatIf({ other: OTHER });
    const newest = (before['history'] as unknown as number[]).length - 1;
    await tab.frame.click(`${byTestId(`weight-${newest}`)} [data-action="delete"]`);
    await becomes({ deleted: newest });
    const theirs = await ask('whatif', { run: OTHER, deleted: newest });
    await expect.poll(() => listed('other-list'), { timeout: 20_000 }).toEqual(expected(theirs));
    expect(tab.errors).toEqual([]);
  });

  it('shows the new attention beside it, where there are pictures', async () => {
    const before = await openWhatIf({ level: 'matrix', layer: LAYER });
    const length = (before['history'] as unknown as number[]).length;
    const picture = `${byTestId('whatif-map')} canvas[data-state="ready"]`;
    await tab.frame.waitForSelector(`${picture}[data-key-length="${length}"]`);
    await tab.frame.click(`${byTestId(`weight-${length - 1}`)} [data-action="delete"]`);
    await tab.frame.waitForSelector(`${picture}[data-key-length="${length - 1}"]`);
  });

  it('is done with the keyboard alone, and says what came of it', async () => {
    await evidence();
    await tab.frame.focus(byTestId('whatif-toggle'));
    await tab.page.keyboard.press('Enter');
    await tab.frame.waitForSelector(byTestId('whatif-list'));
    const before = await ask('whatif');
    const newest = (before['history'] as unknown as number[]).length - 1;
    const isAt = (selector: string): Promise<boolean> =>
      tab.frame.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);
    for (let i = 0; i < 40 && !(await isAt(slider(newest))); i += 1)
      await tab.page.keyboard.press('Tab');
    expect(await isAt(slider(newest))).toBe(true);
    for (let i = 0; i < 4; i += 1) await tab.page.keyboard.press('ArrowLeft');
    await becomes({ weights: `${newest}:0.5` });
    const spoken = await tab.frame.getAttribute(slider(newest), 'aria-valuetext');
    expect(spoken).toMatch(/^0\.5 times, attention/);
    await expect
      .poll(() => tab.frame.locator(byTestId('whatif-said')).innerText())
      .toMatch(/^(Now|Still) first: /);
    await tab.page.keyboard.press('Control+z');
    await becomes({});
    expect(await tab.frame.inputValue(slider(newest))).toBe('16');
  });
});

describe('the computation of a head', () => {
  it('opens beneath it, with the numbers of the server, for the query that is looked at', async () => {
    await open({ view: 'head', layer: LAYER, cell: '5-2' });
    expect(await tab.frame.locator(byTestId('computation')).count()).toBe(0);
    await tab.frame.click(byTestId('drawer-toggle'));
    await tab.frame.waitForSelector(`${byTestId('computation')}[data-query="5"]`);
    const answer = await ask('computation', { layer: LAYER, head: 0, query: 5 });
    const stage = async (number: number): Promise<string> =>
      tab.frame.locator(byTestId(`stage-${number}`)).innerText();
    const at = (name: string): number => (answer[name] as unknown as number[])[2] ?? Number.NaN;
    expect(await stage(2)).toContain(`s = ${at('scores').toFixed(3)}`);
    expect(await stage(5)).toContain(`α = ${at('attention').toFixed(4)}`);
    expect(await stage(7)).toContain('z = [');
    await expect.poll(address).toContain('drawer=1');
    expect(tab.errors).toEqual([]);
  });
});

describe('accessibility', () => {
  it.each([
    ['light', false, 'en'],
    ['dark', true, 'en'],
    ['Chinese', false, 'zh'],
    ['dark Chinese', true, 'zh'],
  ])('has no violation: %s', async (_, dark, lang) => {
    await open({ lang }, { dark });
    await tab.frame.waitForSelector(`${byTestId('faithfulness')} strong`, { timeout: 40_000 });
    await tab.frame.waitForSelector(byTestId('evidence-details'));
    await tab.frame.click(byTestId('card-more'));
    await tab.frame.waitForSelector(byTestId('card-table'));
    expect(await violations(tab)).toEqual([]);
    await tab.page.context().close();
    await openWhatIf({ lang, edit: 'd3_w4:0.5_h0.1', level: 'matrix' }, { dark });
    await tab.frame.waitForSelector(`${byTestId('whatif-map')} canvas[data-state="ready"]`);
    expect(await violations(tab)).toEqual([]);
    await tab.page.context().close();
    await open({ lang, level: 'formulas' }, { dark });
    await tab.frame.waitForSelector(byTestId('stage-7'));
    await tab.frame.waitForSelector(byTestId('vectors'));
    expect(await violations(tab)).toEqual([]);
  });
});
