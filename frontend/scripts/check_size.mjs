/** Fails when the bundle is over its budget: every visitor pays for it before seeing anything. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET_BYTES = 140_000;
const bundle = new URL('../../tensorboard_plugin_attn/static/index.js', import.meta.url);
const raw = readFileSync(bundle);
const zipped = gzipSync(raw, { level: 9 }).length;
console.log(`index.js: ${raw.length} bytes, ${zipped} gzipped (budget ${BUDGET_BYTES})`);
if (zipped > BUDGET_BYTES) process.exit(1);
