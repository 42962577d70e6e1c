/**
 * Builds the file TensorBoard loads, and those it loads when needed: `exports.js` when something is
 * exported, `explain.js` for evidence, what-ifs and computations, feedback and its proof.
 *
 * App mode, because library mode does not minify ES modules. The others import what they share from
 * `index.js` itself, so that there is one state and one language; hence the extended signature.
 */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** Scripts that are loaded when needed, by the module that is asked for. */
const SCRIPTS: Record<string, string> = {
  export_files: 'exports.js',
  explain: 'explain.js',
};

/** The file of a chunk; any other one would be a file that the plugin does not serve. */
function scriptOf({ name }: { name: string }): string {
  const script = SCRIPTS[name];
  if (script === undefined) throw new Error(`no file is planned for the chunk ${name}`);
  return script;
}

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
      output: { format: 'es', entryFileNames: 'index.js', chunkFileNames: scriptOf },
    },
  },
  test: {
    include: ['tests/**/*.test.ts'],
    environment: './tests/environment.ts',
    css: true,
    server: { deps: { inline: ['gifenc'] } },
  },
});
