/**
 * Drags weights of a what-if in a real browser, and says how long each move took until the list that
 * answers it was on screen. One line of JSON in, one out: see benchmarks/whatif_tab.py.
 *
 * A move begins in an animation frame and ends at the start of the first one after which the list is
 * that of the moved weight.
 */
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const settings = JSON.parse(process.argv[2]);
const require = createRequire(pathToFileURL(settings.modules));
const { chromium } = require("playwright-core");

const browser = await chromium.launch({
  executablePath: settings.chromium,
  headless: true,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-frame-rate-limit",
    "--disable-gpu-vsync",
  ],
});
let frame;

/** In the page: a move's milliseconds for each of `count` moves; every turn drags other sliders. */
const MEASURE = `async ({ turn, count, timeoutMs }) => {
  const animation = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const panel = () => document.querySelector('[data-testid="whatif"]');
  const sliders = [...document.querySelectorAll('[data-testid^="weight-"] input[type="range"]')];
  const POSITIONS = 24;
  const times = [];
  for (let i = 0; i < count; i += 1) {
    const place = (turn * Math.ceil(count / POSITIONS) + Math.floor(i / POSITIONS)) % sliders.length;
    const slider = sliders[place];
    // From the left to the right, past where the slider is: no two moves in a row are the same.
    const now = Number(slider.value);
    const position = now === POSITIONS ? 0 : now + 1;
    await animation();
    const before = panel().dataset.answered;
    if (slider.value === String(position)) throw new Error('move ' + i + ' changes nothing');
    const began = performance.now();
    slider.value = String(position);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    do {
      await animation();
      if (performance.now() - began > timeoutMs) throw new Error('move ' + i + ' was not answered');
    } while (panel().dataset.answered === before);
    times.push(performance.now() - began);
  }
  return times;
}`;

async function open({ address, run }) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${address}#attn&p.attn.run=${encodeURIComponent(run)}&p.attn.whatif=1`);
  const element = await page.waitForSelector('iframe[src*="name=attn"]', { state: "attached" });
  frame = await element.contentFrame();
  await frame.waitForSelector('[data-testid="whatif-list"]', { timeout: 60_000 });
  await frame.waitForSelector('[data-testid="faithfulness"] strong', { timeout: 60_000 });
  return { opened: run };
}

async function answer({ open: page, move }) {
  if (page) return open(page);
  return { times: await frame.evaluate(`(${MEASURE})(${JSON.stringify(move)})`) };
}

for await (const line of createInterface({ input: process.stdin })) {
  let found;
  try {
    found = await answer(JSON.parse(line));
  } catch (error) {
    found = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(found)}\n`);
}
await browser.close();
