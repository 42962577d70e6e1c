// The pictures in docs/images, of a real run: each view, light and dark.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { byTestId, launch, openTab, settle, type TabOptions } from './browser';

const address = process.env['ATTN_SHOTS_ADDRESS'] ?? '';
const empty = process.env['ATTN_SHOTS_EMPTY'] ?? '';
const feedback = process.env['ATTN_SHOTS_FEEDBACK'] ?? '';
const folder = process.env['ATTN_SHOTS_FOLDER'] ?? '';
/** A head of the last layer, as scripts/tour_figures.py describes it. */
interface Habit {
  run: string;
  layer: string;
  head: number;
  away_step: number;
  last_step: number;
}
const tour = JSON.parse(process.env['ATTN_SHOTS_TOUR'] ?? '{}') as {
  user: string;
  own: Habit;
  partner: Habit;
};
type LinkValues = Record<string, string | number>;
/** Without the newest item, and with others looked at more and less. */
const EDIT = 'd44_w40:2,43:0.5';
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
  link: LinkValues,
  options: TabOptions,
  { part, until = null }: { part?: string; until?: string | null } = {},
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
  await expect
    .poll(() => tab.frame.locator(byTestId('head-number')).allInnerTexts(), { timeout: 20_000 })
    .not.toContain('–');
  if (link['view'] === 'evolution')
    await tab.frame.waitForSelector(`${byTestId('measure-curves')} .now`);
  await settle(tab, 4000);
  const path = `${folder}/${name}.png`;
  if (part === undefined) await tab.page.screenshot({ path });
  else await tab.frame.locator(part).first().screenshot({ path });
  await tab.page.context().close();
}

describe.each([
  ['light', false],
  ['dark', true],
])('%s', (theme, dark) => {
  it.each(['recommendations', 'heads', 'head', 'evolution', 'compare'])('%s', async (view) => {
    const link = view === 'compare' ? { compare: panels(tour.own, tour.partner) } : {};
    await shoot(`${view}-${theme}`, address, { ...at(), view, ...link }, { dark });
  });

  it.each([
    ['evidence', {}, byTestId('counterfactual')],
    ['whatif', { whatif: 1, edit: EDIT }, `${byTestId('whatif-list')} .up`],
    ['computation', { view: 'head', drawer: 1 }, byTestId('stage-7')],
  ])('%s', async (name, link, until) => {
    await shoot(`${name}-${theme}`, address, { ...at(), ...link }, { dark }, { until });
  });

  it('in a notebook', async () => {
    const size = { width: 1100, height: 620 };
    await shoot(`notebook-${theme}`, address, { ...at(), view: 'heads' }, { dark, ...size });
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

  it('the tour: the head over training, and what it measures', async () => {
    const link = { ...at(), view: 'evolution', measure: 'recency', curve: LOSS };
    await shoot(`tour-evolution-${theme}`, address, link, { dark });
  });
});

describe('the tour', () => {
  it.each([
    ['before', 1],
    ['after', tour.own.last_step],
  ])('all heads %s', async (name, step) => {
    const link = { ...at(), view: 'heads', mean: 1, step };
    const size = { width: 1220, height: 860 };
    const part = byTestId('heads-grid');
    await shoot(`tour-heads-${name}`, address, link, size, { part });
  });

  it('one head at two steps', async () => {
    const { own } = tour;
    const steps = `${panel(own, own.away_step)}~${panel(own, own.last_step)}`;
    await shoot('tour-steps', address, { ...at(), view: 'compare', compare: steps }, {});
  });

  it('how much it matters', async () => {
    const link = { ...at(), view: 'evolution', measure: 'importance' };
    await shoot('tour-importance', address, link, {}, { part: byTestId('measure-curves') });
  });
});

const LOSS = `${tour.own.run.replace(/attention$/, 'train')}/epoch_loss`;

/** The tour's customer, and the head it is about, at the end of training. */
function at(): LinkValues {
  const { run, layer, head, last_step: step } = tour.own;
  return { run, user: tour.user, layer, head, step };
}

/** A head as a panel of the comparison, at a step of its own or the timeline's. */
function panel({ run, layer, head }: Habit, step: number | '' = ''): string {
  return `${run}*${layer}*${tour.user}*${head || ''}*${step}`.replace(/\*+$/, '');
}

function panels(one: Habit, other: Habit): string {
  return `${panel(one)}~${panel(other)}`;
}
