/** Fails when a script is over its budget: every visitor pays for `index.js` before seeing anything. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGETS_BYTES = {
  'index.js': 140_000,
  'exports.js': 20_000,
  'explain.js': 60_000,
};
const STATIC = new URL('../../tensorboard_plugin_attn/static/', import.meta.url);
for (const [name, budget] of Object.entries(BUDGETS_BYTES)) {
  const raw = readFileSync(new URL(name, STATIC));
  const zipped = gzipSync(raw, { level: 9 }).length;
  console.log(`${name}: ${raw.length} bytes, ${zipped} gzipped (budget ${budget})`);
  if (zipped > budget) process.exitCode = 1;
}
