/** Read by svelte-check and ESLint; the build's own options are in vite.config.ts. */
export default { compilerOptions: { runes: true } };
