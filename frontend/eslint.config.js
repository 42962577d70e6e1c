/** Lint rules: types are strict, markup never takes HTML from data, and folders import downwards only. */
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

const forbid = (folders, message) => ({
  'no-restricted-imports': ['error', { patterns: [{ group: folders, message }] }],
});
const PLAIN = 'This folder knows nothing of the UI: see README.md.';

export default tseslint.config(
  { ignores: ['node_modules/', 'coverage/'] },
  ...tseslint.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-eval': 'error',
      'max-lines': ['error', { max: 400 }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: tseslint.parser, svelteConfig } },
    rules: {
      'svelte/no-at-html-tags': 'error',
      // Maps here are replaced, never changed in place: `$state.raw` sees it, and readers may keep one.
      'svelte/prefer-svelte-reactivity': 'off',
      'svelte/require-each-key': 'error',
    },
  },
  {
    files: ['src/{data,color,heatmap,analysis,export}/**'],
    rules: forbid(
      ['svelte', 'svelte/*', '**/state/*', '**/views/*', '**/host/*', '**/i18n/*'],
      PLAIN,
    ),
  },
  {
    files: ['src/state/**'],
    rules: forbid(['**/views/*', '../host/*'], 'State is told about the host by index.ts.'),
  },
  {
    files: ['src/host/**'],
    rules: forbid(['svelte', 'svelte/*', '**/views/*', '**/data/*'], PLAIN),
  },
  {
    files: ['src/{views,charts}/**'],
    rules: forbid(
      ['**/host/frame', '**/host/hash', '**/host/tensorboard', '**/host/document'],
      'Views reach the host through state.',
    ),
  },
);
