/**
 * Builds the file TensorBoard loads, and `exports.js`, which that one loads when something is exported.
 *
 * App mode, because library mode does not minify ES modules. `exports.js` imports what it shares from
 * `index.js` itself, so that there is one state and one language; hence the extended signature.
 */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Names come from the CSS itself, so the same source gives the same bytes in any folder.
  plugins: [
    svelte({
      emitCss: false,
      compilerOptions: {
        css: 'injected',
        runes: true,
        cssHash: ({ hash, css }) => `attn-${hash(css)}`,
      },
    }),
  ],
  resolve: { conditions: ['browser'] },
  build: {
    target: 'es2022',
    outDir: '../tensorboard_plugin_attn/static',
    emptyOutDir: false,
    modulePreload: false,
    cssCodeSplit: false,
    reportCompressedSize: false,
    rollupOptions: {
      input: 'src/index.ts',
      preserveEntrySignatures: 'allow-extension',
      output: { format: 'es', entryFileNames: 'index.js', chunkFileNames: 'exports.js' },
    },
  },
  test: {
    include: ['tests/**/*.test.ts'],
    environment: './tests/environment.ts',
    css: true,
    server: { deps: { inline: ['gifenc'] } },
  },
});
