// Every export, saved by a real browser through TensorBoard's iframe and its policy, and read again.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tableOf } from '../src/color/tables';
import { readGif } from '../tests/export/read_gif';
import { violations } from './accessibility';
import { byTestId, heatmap, launch, openTab, type Tab } from './browser';
import { type CapturedFrame, readStage } from './stage';

const stage = readStage();
const folder = mkdtempSync(join(tmpdir(), 'attn-exports-'));
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

async function open(frame: CapturedFrame, more: Record<string, string> = {}): Promise<void> {
  const { run, layer, user, head, step } = frame;
  tab = await openTab(browser, stage.trained, {
    run,
    layer,
    user,
    head,
    step,
    view: 'head',
    ...more,
  });
  await tab.frame.waitForSelector('main canvas');
}

function captured(): CapturedFrame {
  const frame = stage.captured.find(({ attention }) => attention.length > 4);
  if (frame === undefined) throw new Error('nothing was captured');
  return frame;
}

/** Save one format; returns its path and bytes. */
async function save(kind: string): Promise<{ name: string; path: string; bytes: Buffer }> {
  if ((await tab.frame.locator(byTestId(`export-${kind}`)).count()) === 0)
    await tab.frame.click(byTestId('export'));
  const saved = tab.page.waitForEvent('download', { timeout: 50_000 });
  await tab.frame.click(byTestId(`export-${kind}`));
  const download = await saved;
  const name = download.suggestedFilename();
  const path = join(folder, name);
  await download.saveAs(path);
  return { name, path, bytes: readFileSync(path) };
}

describe('what is seen', () => {
  it('is saved as a PNG with the colours of the cells', async () => {
    await open(captured());
    const { name, bytes } = await save('png');
    expect(name).toMatch(/^attention_.*\.png$/);
    const address = `data:image/png;base64,${bytes.toString('base64')}`;
    const picture = await decoded(tab.page, address);
    expect(picture.width).toBeGreaterThan(900);
    expect(picture.height).toBeGreaterThan(400);
    const table = tableOf('cividis');
    for (const code of [captured().codes[0]?.[0], captured().codes[3]?.[1]])
      expect(picture.colours).toContain(
        [...table.slice(3 * (code ?? -1), 3 * (code ?? -1) + 3)].join(),
      );
    expect(tab.errors).toEqual([]);
  });

  it.each(['heads', 'evolution', 'compare'])(
    'is saved as PNG and SVG from the view %s',
    async (view) => {
      await open(captured(), { view });
      await tab.page.waitForTimeout(1000);
      expect((await save('png')).bytes.subarray(1, 4).toString()).toBe('PNG');
      const svg = (await save('svg')).bytes.toString();
      const problem = await tab.page.evaluate(
        (text) =>
          new DOMParser().parseFromString(text, 'image/svg+xml').querySelector('parsererror')
            ?.textContent ?? '',
        svg,
      );
      expect(problem).toBe('');
      expect(svg.length).toBeLessThan(2_000_000);
      expect(tab.errors).toEqual([]);
    },
  );

  it('is saved as an SVG whose text is text', async () => {
    await open(captured());
    const { bytes } = await save('svg');
    const svg = bytes.toString();
    expect(svg).toContain(captured().layer);
    expect(svg).toContain('not why it recommends');
    expect(svg).toMatch(/<path fill="#[0-9a-f]{6}"/);
  });

  it('is saved as a table of values within their bounds', async () => {
    const frame = captured();
    await open(frame);
    const lines = (await save('csv')).bytes.toString().trim().split('\r\n');
    const size = frame.attention.length;
    expect(lines).toHaveLength(1 + (size * (size + 1)) / 2);
    const fields = (lines[1] ?? '').match(/("([^"]|"")*"|[^,]*)(,|$)/g) ?? [];
    const [value = NaN, error = NaN] = fields
      .slice(9, 11)
      .map((field) => Number(field.replace(',', '')));
    expect(Math.abs(value - (frame.attention[0]?.[0] ?? NaN))).toBeLessThanOrEqual(error);
  });

  it('is saved as an array equal to the captured one within its bounds', async () => {
    const frame = captured();
    await open(frame);
    const { header, at } = npy((await save('npy')).bytes);
    const size = frame.attention.length;
    expect(header).toMatch(new RegExp(`\\(\\d+, ${size}, ${size}\\)`));
    for (let query = 0; query < size; query += 1) {
      for (let key = 0; key < size; key += 1) {
        const value = at((frame.head * size + query) * size + key);
        const [wanted = NaN, bound = NaN] = [frame.attention, frame.bounds].map(
          (m) => m[query]?.[key],
        );
        if (key > query) expect(value).toBeNaN();
        else expect(Math.abs(value - wanted)).toBeLessThanOrEqual(bound + 1e-7);
      }
    }
  });
});

describe('the script that exports', () => {
  it('is loaded when it is needed, under a path prefix too', async () => {
    const { run, layer, user } = captured();
    tab = await openTab(browser, stage.prefixed, { run, layer, user, view: 'head' });
    await heatmap(tab);
    const scripts: string[] = [];
    tab.page.on('request', (request) => scripts.push(new URL(request.url()).pathname));
    expect((await save('png')).bytes.subarray(1, 4).toString()).toBe('PNG');
    expect(scripts.filter((path) => path.endsWith('.js'))).toEqual([
      '/tb/data/plugin/attn/exports.js',
    ]);
    expect(tab.errors).toEqual([]);
  });

  it('says what to do when it cannot be loaded', async () => {
    await open(captured());
    await tab.page.route('**/exports.js', (route) => route.abort());
    await tab.frame.click(byTestId('export'));
    await tab.frame.click(byTestId('export-png'));
    await expect
      .poll(() => tab.frame.locator(byTestId('export-message')).innerText())
      .toContain('Reload the page');
  });

  it.each([
    ['light, English', false, 'en'],
    ['light, Chinese', false, 'zh'],
    ['dark, English', true, 'en'],
    ['dark, Chinese', true, 'zh'],
  ])('has a menu without an accessibility violation: %s', async (_, dark, lang) => {
    const { run, layer, user } = captured();
    tab = await openTab(browser, stage.trained, { run, layer, user, view: 'head', lang }, { dark });
    await heatmap(tab);
    await tab.frame.click(byTestId('export'));
    await tab.frame.waitForSelector(byTestId('export-html'));
    expect(await violations(tab)).toEqual([]);
  });
});

describe('the replay', () => {
  it('is saved as a GIF of every logged step, in the table’s own colours', async () => {
    const frame = captured();
    await open(frame);
    const text = await tab.frame.locator(byTestId('step-count')).innerText();
    const logged = Number(/of ([\d,]+)/.exec(text)?.[1]?.replace(',', ''));
    const gif = readGif((await save('gif')).bytes);
    expect(gif.frames).toHaveLength(Math.min(logged, 600));
    expect(gif.loops).toBe(true);
    const last = gif.frames.at(-1)?.rgb ?? new Uint8Array();
    const seen = new Set(
      Array.from({ length: last.length / 3 }, (_, i) => last.slice(3 * i, 3 * i + 3).join()),
    );
    const table = tableOf('cividis');
    const known = new Set(
      Array.from({ length: 256 }, (_, level) => table.slice(3 * level, 3 * level + 3).join()),
    );
    const foreign = [...seen].filter((colour) => !known.has(colour));
    expect(foreign.sort()).toEqual(['222,222,222', '255,255,255', '32,33,36']);
  });

  it('of a comparison has the compared panels side by side', async () => {
    const frame = captured();
    await open(frame, { view: 'compare' });
    await tab.frame.waitForSelector(`${byTestId('difference')} canvas[data-state="ready"]`);
    await tab.frame.click(byTestId('export'));
    expect(await tab.frame.locator(byTestId('export-gif')).innerText()).toContain('side by side');
    const { name, bytes } = await save('gif');
    expect(name).toMatch(/^attention_compare.*\.gif$/);
    const gif = readGif(bytes);
    expect(gif.frames.length).toBeGreaterThan(10);
    const colours = new Set<string>();
    const { rgb } = gif.frames.at(-1) ?? { rgb: new Uint8Array() };
    for (let i = 0; i < rgb.length; i += 3) colours.add(rgb.slice(i, i + 3).join());
    const signed = tableOf('puor');
    const neutral = signed.slice(3 * 127, 3 * 127 + 3).join();
    const near = [126, 127, 128].map((level) => signed.slice(3 * level, 3 * level + 3).join());
    expect([neutral, ...near].some((colour) => colours.has(colour))).toBe(true);
    expect(tab.errors).toEqual([]);
  });

  it('can be called off, and then saves nothing', async () => {
    await open(captured());
    await tab.page.route('**/frames?*', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 2000));
      await route.continue().catch(() => undefined);
    });
    await tab.frame.click(byTestId('export'));
    await tab.frame.click(byTestId('export-gif'));
    await tab.frame.click(byTestId('export-cancel'));
    await expect
      .poll(() => tab.frame.locator(byTestId('export-message')).innerText())
      .toContain('Cancelled');
  });
});

describe('a story', () => {
  it('opens from the disk without a network, and shows titles and frames', async () => {
    await open(captured());
    const title = await tab.frame
      .locator(`${byTestId('history')} li .ellipsis`)
      .first()
      .innerText();
    const { path } = await save('html');
    const { page, problems } = await openFile(path);
    expect(await page.locator('li').allInnerTexts()).toContainEqual(expect.stringContaining(title));
    expect(await page.locator('h1').innerText()).toContain('Attention');
    const before = await page.locator('output').innerText();
    await page.locator('input[type=range]').press('Home');
    expect(await page.locator('output').innerText()).not.toBe(before);
    const corner = await page.evaluate(() => {
      const canvas = document.querySelector('canvas');
      return [...(canvas?.getContext('2d')?.getImageData(0, 0, 1, 1).data ?? [])];
    });
    expect(corner[3]).toBe(255);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('shows markup in a title as text', async () => {
    const [command = '', ...rest] = stage.appendSteps;
    execFileSync(command, [...rest, 'hostile', '1', '3']);
    tab = await openTab(browser, stage.live, { run: 'hostile/attention', view: 'head' });
    await heatmap(tab);
    const { path } = await save('html');
    const { page, problems } = await openFile(path);
    expect(await page.locator('ol').first().innerText()).toContain('<img src=x onerror=');
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.evaluate(() => 'pwned' in window)).toBe(false);
    expect(problems).toEqual([]);
    await page.context().close();
  });
});

/** A file opened with the network off; every request and console error is a problem. */
async function openFile(path: string): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext({ offline: true });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => {
    if (request.url() !== pathToFileURL(path).href) problems.push(request.url());
  });
  await page.goto(pathToFileURL(path).href);
  return { page, problems };
}

async function decoded(
  page: Page,
  address: string,
): Promise<{ width: number; height: number; colours: string[] }> {
  return page.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    if (!context) throw new Error('no 2d context');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const colours = new Set<string>();
    for (let i = 0; i < data.length; i += 4) colours.add(data.slice(i, i + 3).join());
    return { width: image.width, height: image.height, colours: [...colours] };
  }, address);
}

function npy(bytes: Buffer): { header: string; at: (index: number) => number } {
  const start = 10 + bytes.readUInt16LE(8);
  return {
    header: bytes.subarray(10, start).toString(),
    at: (index) => bytes.readFloatLE(start + 4 * index),
  };
}
