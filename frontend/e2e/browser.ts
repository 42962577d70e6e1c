// Headless Chromium on TensorBoard's page, and the plugin's frame within it.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Frame, type Page } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export async function launch(extra: readonly string[] = []): Promise<Browser> {
  const executablePath =
    process.env['CHROMIUM'] ?? CANDIDATES.find((candidate) => existsSync(candidate));
  if (executablePath === undefined) {
    throw new Error('No Chromium: run `make setup`, or set CHROMIUM to its path.');
  }
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...extra,
    ],
  });
}

/** An open Attention tab, and everything that went wrong on its console. */
export interface Tab {
  page: Page;
  frame: Frame;
  errors: string[];
}

export interface TabOptions {
  dark?: boolean;
  width?: number;
  height?: number;
  /** Runs in every frame before anything else does. */
  before?: string;
}

/** Open TensorBoard at `address`, with `link` (`run=a&step=3`) as the tab's part of the hash. */
export async function openTab(
  browser: Browser,
  address: string,
  link: Record<string, string | number> = {},
  options: TabOptions = {},
): Promise<Tab> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1440, height: options.height ?? 900 },
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
  });
  if (options.before !== undefined) await context.addInitScript({ content: options.before });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('console', (message) => {
    const named = message.text().startsWith('Failed to load resource'); // by the next listener
    if (message.type() === 'error' && !named) errors.push(message.text());
  });
  page.on('response', (response) => {
    // Under --path_prefix TensorBoard asks for its own fonts at the wrong place.
    if (response.status() >= 400 && !response.url().includes('/font-roboto/'))
      errors.push(`${response.status()} ${response.url()}`);
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  const query = options.dark === true ? '?darkMode=true' : '';
  await page.goto(`${address}${query}${hash(link)}`);
  return { page, frame: await pluginFrame(page), errors };
}

function hash(link: Record<string, string | number>): string {
  const parts = Object.entries(link).map(
    ([key, value]) => `&p.attn.${key}=${encodeURIComponent(String(value))}`,
  );
  return `#attn${parts.join('')}`;
}

async function pluginFrame(page: Page): Promise<Frame> {
  const element = await page.waitForSelector('iframe[src*="plugin_entry.html?name=attn"]', {
    state: 'attached',
  });
  const frame = await element.contentFrame();
  if (frame === null) throw new Error('The plugin has no frame.');
  return frame;
}

/** Wait until the page has looked the same for `still_ms`. */
export async function settle(tab: Tab, still_ms: number): Promise<void> {
  let before = '';
  let since = Date.now();
  for (const end = since + 45_000; Date.now() < end; await tab.page.waitForTimeout(250)) {
    const now = createHash('sha256')
      .update(await tab.page.screenshot())
      .digest('hex');
    if (now !== before) since = Date.now();
    else if (Date.now() - since >= still_ms) return;
    before = now;
  }
  throw new Error('The picture does not come to rest.');
}

export function byTestId(name: string): string {
  return `[data-testid="${name}"]`;
}

/** The large heatmap, once it shows `step` (any step if not given). */
export async function heatmap(tab: Tab, step?: number): Promise<void> {
  const which = step === undefined ? '' : `[data-step="${step}"]`;
  await tab.frame.waitForSelector(`${byTestId('heatmap')}[data-state="ready"]${which}`, {
    timeout: 20_000,
  });
}

/** RGBA of the heatmap's cell canvas: one pixel per cell. */
export async function cellPixels(
  tab: Tab,
): Promise<{ width: number; height: number; data: number[] }> {
  return tab.frame.$eval(byTestId('heatmap'), (element) => {
    const canvas = element as HTMLCanvasElement;
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('no 2d context');
    const image = context.getImageData(0, 0, canvas.width, canvas.height);
    return { width: image.width, height: image.height, data: [...image.data] };
  });
}
