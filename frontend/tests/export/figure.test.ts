import { describe, expect, it } from 'vitest';
import { tableOf } from '../../src/color/tables';
import { errorOf } from '../../src/data/attention';
import { largestError, legendOf, type Figure } from '../../src/export/figure';
import { layOut, sideFor } from '../../src/export/layout';
import { MOST_SHAPES, shapesOf, toSvg } from '../../src/export/svg';
import { cut, widthOf, wrap } from '../../src/export/text_width';
import { paint, type Palette } from '../../src/heatmap/paint';
import { causal } from './attention';

const palette: Palette = { table: 'cividis', scale: { kind: 'sqrt', top: 1 } };
const names = ['mug', '<script>alert(1)</script>', '"tea" & milk'];

function figure(more: Partial<Figure> = {}): Figure {
  return {
    title: 'Attention <1>',
    lines: ['run a', 'step 7'],
    axes: 'rows, columns',
    panels: [{ title: '', pixels: paint(causal(), 0, palette), rows: names, columns: names }],
    perRow: 4,
    legends: [legendOf(palette, 'attention', 'square root', String)],
    notes: ['not why'],
    ...more,
  };
}
const noPng = (): Promise<string> => Promise.reject(new Error('no PNG is wanted'));

describe('a layout', () => {
  it('keeps every mark on the page', () => {
    const { width, height, marks } = layOut(figure());
    for (const mark of marks) {
      expect(mark.x).toBeGreaterThanOrEqual(0);
      expect(mark.y).toBeLessThanOrEqual(height);
      if (mark.kind === 'picture') expect(mark.x + mark.width).toBeLessThanOrEqual(width);
      if (mark.kind === 'text' && mark.anchor === 'start' && mark.angle === 0)
        expect(mark.x + widthOf(mark.text, mark.size)).toBeLessThanOrEqual(width);
    }
  });

  it('puts heads side by side, and the next line below', () => {
    const panel = { title: 'head', pixels: paint(causal(), 0, palette), rows: null, columns: null };
    const { marks } = layOut(figure({ panels: [panel, panel, panel], perRow: 2 }));
    const [a, b, c] = marks.filter(({ kind }) => kind === 'picture');
    expect(b?.y).toBe(a?.y);
    expect(b?.x).toBeGreaterThan(a?.x ?? 0);
    expect(c?.x).toBe(a?.x);
    expect(c?.y).toBeGreaterThan(a?.y ?? 0);
  });

  it('gives a cell whole pixels, at least one', () => {
    expect(sideFor(figure())).toBe(28);
    const wide = { width: 5000, height: 1, rgba: new Uint8ClampedArray(20_000) };
    const panels = [{ title: '', pixels: wide, rows: null, columns: null }];
    expect(sideFor(figure({ panels }))).toBe(1);
  });

  it('writes titles, scale, bound and caution', () => {
    const texts = layOut(figure()).marks.flatMap((m) => (m.kind === 'text' ? [m.text] : []));
    for (const text of ['run a', 'mug', 'square root', 'not why', '0.25'])
      expect(texts).toContain(text);
  });
});

describe('text', () => {
  it('is cut with an ellipsis when it is too wide, full-width signs counting double', () => {
    expect(cut('abc', 10, 100)).toBe('abc');
    expect(cut('abcdefghijkl', 10, 40)).toMatch(/^abc.*…$/);
    expect(cut('注意力注意力', 10, 40)).toBe('注意力…');
  });

  it('is wrapped without losing a word', () => {
    const text = 'Attention is where the model looks, not why it recommends.';
    const lines = wrap(text, 10, 120);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.join(' ')).toBe(text);
    for (const line of lines) expect(widthOf(line, 10)).toBeLessThanOrEqual(120);
    expect(wrap('注意力表示模型看向何处', 10, 50).join('')).toBe('注意力表示模型看向何处');
  });
});

describe('an SVG', () => {
  it('keeps text as text, and markup in it as text', async () => {
    const svg = await toSvg(layOut(figure()), noPng);
    expect(svg).toContain('>mug</text>');
    expect(svg).toContain('&lt;script');
    expect(svg).not.toMatch(/<script/);
    expect(svg).toContain('<title>Attention &lt;1&gt;</title>');
  });

  it('merges runs of cells, one path a colour, and leaves out what is not applicable', () => {
    const [red, blue, none] = [
      [255, 0, 0, 255],
      [0, 0, 255, 255],
      [0, 0, 0, 0],
    ] as const;
    const rgba = Uint8ClampedArray.from([red, red, none, blue, red, red].flat());
    expect(shapesOf({ width: 3, height: 2, rgba })).toBe(
      '<path fill="#ff0000" d="M0 0h2v1H0zM1 1h2v1H1z"/><path fill="#0000ff" d="M0 1h1v1H0z"/>',
    );
  });

  it('has the colours of the table', async () => {
    const svg = await toSvg(layOut(figure()), noPng);
    const table = tableOf('cividis');
    const hex = [...table.slice(3 * 128, 3 * 128 + 3)].map((b) => b.toString(16).padStart(2, '0'));
    expect(svg).toContain(`fill="#${hex.join('')}"`);
  });

  it('embeds a PNG where shapes would be many', async () => {
    const side = Math.ceil(Math.sqrt(MOST_SHAPES)) + 1;
    const pixels = { width: side, height: side, rgba: new Uint8ClampedArray(4 * side * side) };
    const panels = [{ title: '', pixels, rows: null, columns: null }];
    const embedded: unknown[] = [];
    const svg = await toSvg(layOut(figure({ panels })), (given) => {
      embedded.push(given);
      return Promise.resolve('data:image/png;base64,AA==');
    });
    expect(embedded).toEqual([pixels]);
    expect(svg).toContain('href="data:image/png;base64,AA=="');
  });
});

it('the bound of a figure is the largest of the head that is shown', () => {
  expect(largestError(causal(), 0)).toBe(errorOf(255, 'U8_SQRT'));
  const quiet = causal({ codes: Uint8Array.from([9, 9, 9, 9, 9, 9, 1, 1, 1, 1, 1, 2]) });
  expect(largestError(quiet, 1)).toBe(errorOf(2, 'U8_SQRT'));
});
