import { describe, expect, it } from 'vitest';

const SOURCES = import.meta.glob<string>('../src/**/*.{ts,svelte}', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const files = Object.entries(SOURCES).map(([path, text]) => ({
  path: path.replace('../src/', ''),
  text,
}));

/** What each folder may import; see README.md. */
const MAY_IMPORT: Record<string, string[]> = {
  data: [],
  color: [],
  i18n: [],
  heatmap: ['data', 'color'],
  analysis: ['data'],
  export: ['data', 'color', 'heatmap', 'analysis'],
  state: ['data', 'color', 'heatmap', 'analysis'],
  charts: ['data', 'state', 'analysis', 'color'],
  host: ['state'],
  views: ['data', 'color', 'heatmap', 'analysis', 'charts', 'export', 'i18n', 'state'],
};

const folderOf = (path: string): string =>
  path.includes('/') ? (path.split('/')[0] as string) : '';

function importsOf(path: string, text: string): string[] {
  const from = [...text.matchAll(/from '(\.[^']+)'/g)].map((match) => match[1] as string);
  return from.map((target) => new URL(target, `http://x/${path}`).pathname.slice(1));
}

describe('folders', () => {
  it('are all known', () => {
    const folders = new Set(files.map(({ path }) => folderOf(path)).filter(Boolean));
    expect([...folders].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  it.each(files.filter(({ path }) => folderOf(path) in MAY_IMPORT))(
    '$path imports downwards only',
    ({ path, text }) => {
      const own = folderOf(path);
      const allowed = [own, ...(MAY_IMPORT[own] ?? [])];
      for (const target of importsOf(path, text)) expect(allowed).toContain(folderOf(target));
    },
  );

  it.each(files.filter(({ path }) => /^(data|color|heatmap|analysis|export)\//.test(path)))(
    '$path knows no UI library',
    ({ text }) => {
      expect(text).not.toMatch(/from '(svelte|lucide)/);
    },
  );
});

describe('files', () => {
  it.each(files)('$path begins by saying why it exists, and is short', ({ text }) => {
    expect(text).toMatch(/^(\/\*\*|<!--)/);
    expect(text.split('\n').length).toBeLessThanOrEqual(400);
  });

  it('never put HTML in from data', () => {
    for (const { text } of files) expect(text).not.toMatch(/\{@html|innerHTML|insertAdjacentHTML/);
  });

  it('use every English word there is', async () => {
    const { en } = await import('../src/i18n/en');
    const all = files
      .filter(({ path }) => !/^i18n\/(en|zh)/.test(path))
      .map(({ text }) => text)
      .join('\n');
    const { enExplain } = await import('../src/i18n/en_explain');
    for (const section of [...Object.values(en), ...Object.values(enExplain)]) {
      if (typeof section !== 'object') continue;
      for (const key of Object.keys(section))
        expect(all).toMatch(new RegExp(`\\.${key}\\b|\\{ ${key} \\}`));
    }
  });
});
