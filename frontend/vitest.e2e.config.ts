// The browser tests, run by tests/e2e/test_tab.py, which starts TensorBoard and sets the addresses;
// with ATTN_E2E_INCLUDE, the screenshots, run by scripts/take_screenshots.py.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [process.env['ATTN_E2E_INCLUDE'] ?? 'e2e/**/*.e2e.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
