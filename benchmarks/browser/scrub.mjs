/**
 * Moves a cursor through 1000 steps in a real browser, and says how long each move took until the
 * eight pictures of the new step were on screen. One line of JSON in, one out: see benchmarks/scrub.py.
 *
 * A move begins in an animation frame and ends at the start of the first one after which every
 * picture shows the wanted step. The frame rate limit is off, so that this is what a move costs and
 * not a multiple of a display's refresh.
 */
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const settings = JSON.parse(process.argv[2]);
const require = createRequire(pathToFileURL(settings.modules));
const { chromium } = require('playwright-core');

const browser = await chromium.launch({
  executablePath: settings.chromium,
  headless: true,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-frame-rate-limit',
    '--disable-gpu-vsync',
  ],
});
const VIEWPORT = { width: 1440, height: 900 };

/** In the page: a move's milliseconds for each of `count` moves. */
const MEASURE = `async ({ from, count, timeoutMs }) => {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const times = [];
  // The first move is a jump to the start of the stretch, and not counted.
  for (let i = 0; i <= count; i += 1) {
    await frame();
    const began = performance.now();
    window.benchmarkMove(from + i);
    do {
      await frame();
      if (performance.now() - began > timeoutMs) throw new Error('step ' + (from + i) + ' was not shown');
    } while (!window.benchmarkShown(from + i));
    if (i > 0) times.push(performance.now() - began);
  }
  return times;
}`;

/** The Attention tab: arrow keys move, as a reader's would. */
async function openOurs({ address, heads }) {
  const page = await newPage();
  await page.goto(`${address}#attn&p.attn.view=heads&p.attn.step=0`);
  const element = await page.waitForSelector('iframe[src*="name=attn"]', { state: 'attached' });
  const frame = await element.contentFrame();
  await frame.waitForSelector('canvas[data-state="ready"]');
  await frame.evaluate(
    (wanted) => {
      const canvases = () => [...document.querySelectorAll('[data-testid="heatmap"]')];
      const key = (name) =>
        document.body.dispatchEvent(
          new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }),
        );
      const jump = (step) => {
        const input = document.querySelector('[data-testid="step-input"]');
        input.value = step;
        input.dispatchEvent(new Event('change', { bubbles: true }));
      };
      let at = 0;
      window.benchmarkMove = (step) => {
        if (step === at + 1) key('ArrowRight');
        else jump(step);
        at = step;
      };
      window.benchmarkShown = (step) => {
        const found = canvases();
        return (
          found.length === wanted &&
          found.every((c) => c.dataset.state === 'ready' && c.dataset.step === String(step))
        );
      };
    },
    heads,
  );
  return frame;
}

/** TensorBoard's Images tab: one slider for each image; all are moved together. */
async function openImages({ address, heads }) {
  const page = await newPage();
  await page.goto(`${address}#images`);
  await page.waitForFunction(
    (wanted) => {
      const found = [];
      const walk = (root) => {
        for (const element of root.querySelectorAll('*')) {
          if (element.localName === 'tf-image-loader') found.push(element);
          if (element.shadowRoot) walk(element.shadowRoot);
        }
      };
      walk(document);
      window.benchmarkLoaders = found;
      return found.length === wanted && found.every((l) => l._steps.length > 1);
    },
    heads,
    { timeout: 60_000 },
  );
  await page.evaluate(() => {
    const loaders = window.benchmarkLoaders;
    window.benchmarkMove = (step) => loaders.forEach((l) => l.set('_stepIndex', step));
    window.benchmarkShown = (step) =>
      loaders.every((l) => l._stepValue === step && !l._isImageLoading);
  });
  return page.mainFrame();
}

/** A Plotly figure: eight heatmaps, one slider whose steps animate to a frame. */
async function openPlotly({ heads, length, steps, distinct, plotly }) {
  const files = {
    '/': ['text/html', '<!doctype html><div id="p"></div><script src="plotly.js"></script>'],
    '/plotly.js': ['text/javascript', readFileSync(plotly)],
  };
  const server = createServer((request, response) => {
    const [type, body] = files[request.url] ?? ['text/plain', ''];
    response.writeHead(200, { 'Content-Type': type }).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const page = await newPage();
  page.on('close', () => server.close());
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.evaluate(
    async ([headCount, side, count, few]) => {
      const { Plotly } = window;
      const matrix = (seed) =>
        Array.from({ length: side }, (_, q) =>
          Float32Array.from({ length: side }, (_, k) =>
            k > q ? NaN : Math.abs(Math.sin(seed * 7.1 + q * 3.3 + k * 1.7)) / (q + 1),
          ),
        );
      const pool = Array.from({ length: few }, (_, s) =>
        Array.from({ length: headCount }, (_, h) => matrix(s * headCount + h)),
      );
      const trace = (z, h) => ({
        type: 'heatmap',
        z,
        zmin: 0,
        zmax: 1,
        colorscale: 'Cividis',
        showscale: false,
        xaxis: `x${h + 1}`,
        yaxis: `y${h + 1}`,
      });
      const frames = Array.from({ length: count }, (_, s) => ({
        name: String(s),
        data: pool[s % few].map((z) => ({ z })),
        traces: pool[0].map((_, h) => h),
      }));
      const now = { mode: 'immediate', transition: { duration: 0 }, frame: { duration: 0, redraw: true } };
      const slider = {
        steps: frames.map(({ name }) => ({ label: name, method: 'animate', args: [[name], now] })),
      };
      const layout = {
        width: 1400,
        height: 800,
        grid: { rows: 2, columns: headCount / 2, pattern: 'independent' },
        sliders: [slider],
      };
      const plot = document.getElementById('p');
      await Plotly.newPlot(plot, { data: pool[0].map(trace), layout, frames });
      let shown = 0;
      window.benchmarkMove = (step) =>
        void Plotly.animate(plot, [String(step)], now).then(() => (shown = step));
      window.benchmarkShown = (step) => shown === step;
    },
    [heads, length, steps, distinct],
  );
  return page.mainFrame();
}

async function newPage() {
  const context = await browser.newContext({ viewport: VIEWPORT });
  return context.newPage();
}

const OPEN = { ours: openOurs, images: openImages, plotly: openPlotly };
const opened = new Map();

async function answer({ open, move }) {
  if (open) {
    opened.set(open.name, await OPEN[open.kind](open));
    return { opened: open.name };
  }
  const frame = opened.get(move.name);
  // A page in the background draws nothing.
  await frame.page().bringToFront();
  return { times: await frame.evaluate(`(${MEASURE})(${JSON.stringify(move)})`) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const answered = await answer(JSON.parse(line)).catch((error) => ({ error: String(error) }));
  process.stdout.write(`${JSON.stringify(answered)}\n`);
}
await browser.close();
