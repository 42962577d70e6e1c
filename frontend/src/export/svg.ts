/** A drawing as SVG: text stays text, and cells are merged into few shapes or embedded as a PNG. */
import type { Pixels } from '../heatmap/paint';
import type { Drawing, PictureMark, TextMark } from './layout';
import { escapeMarkup } from './markup';

/** Beyond this many cells an embedded PNG is smaller, and quicker to open, than shapes. */
export const MOST_SHAPES = 10_000;

const FONT = 'system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,sans-serif';
const HATCH =
  '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse">' +
  '<rect width="6" height="6" fill="#f4f4f4"/><path d="M-1 7 7 -1" stroke="#c4c4c4"/></pattern>';

/** The file; `embed` gives pixels as a `data:` address of a PNG. */
export async function toSvg(
  { width, height, title, marks }: Drawing,
  embed: (pixels: Pixels) => Promise<string>,
): Promise<string> {
  const drawn = await Promise.all(
    marks.map((mark) => (mark.kind === 'text' ? textOf(mark) : pictureOf(mark, embed))),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escapeMarkup(title)}</title><defs>${HATCH}</defs>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<g font-family="${FONT}" fill="#202124">`,
    ...drawn,
    '</g></svg>\n',
  ].join('\n');
}

function textOf({ x, y, text, size, anchor, angle, bold }: TextMark): string {
  const turned = angle === 0 ? '' : ` transform="rotate(${angle} ${round(x)} ${round(y)})"`;
  const weight = bold ? ' font-weight="600"' : '';
  const place = `x="${round(x)}" y="${round(y)}" font-size="${size}"`;
  return `<text ${place} text-anchor="${anchor}"${weight}${turned}>${escapeMarkup(text)}</text>`;
}

async function pictureOf(
  { x, y, width, height, pixels }: PictureMark,
  embed: (pixels: Pixels) => Promise<string>,
): Promise<string> {
  const place = `x="${round(x)}" y="${round(y)}" width="${width}" height="${height}"`;
  const back = `<rect ${place} fill="url(#hatch)"/>`;
  if (pixels.width * pixels.height > MOST_SHAPES) {
    const image = `<image ${place} preserveAspectRatio="none" style="image-rendering:pixelated"`;
    return `${back}${image} href="${await embed(pixels)}"/>`;
  }
  const scale = `${round(width / pixels.width)} ${round(height / pixels.height)}`;
  const move = `translate(${round(x)} ${round(y)}) scale(${scale})`;
  return `${back}<g transform="${move}" shape-rendering="crispEdges">${shapesOf(pixels)}</g>`;
}

/** One path per colour, of rows' runs of cells of that colour. */
export function shapesOf({ width, height, rgba }: Pixels): string {
  const words = new Uint32Array(rgba.buffer, rgba.byteOffset, width * height);
  const shapes = new Map<number, { readonly fill: string; path: string }>();
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width;) {
      const at = y * width + x;
      const word = words[at] as number;
      let end = x + 1;
      while (end < width && words[y * width + end] === word) end += 1;
      const shape = shapes.get(word) ?? { fill: hexOf(rgba, at), path: '' };
      shape.path += `M${x} ${y}h${end - x}v1H${x}z`;
      if (rgba[4 * at + 3] !== 0) shapes.set(word, shape);
      x = end;
    }
  }
  return [...shapes.values()]
    .map(({ fill, path }) => `<path fill="${fill}" d="${path}"/>`)
    .join('');
}

function hexOf(rgba: Uint8ClampedArray, at: number): string {
  const parts = [...rgba.subarray(4 * at, 4 * at + 3)];
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

/** Two decimals at most: a hundredth of a pixel is not seen. */
function round(value: number): number {
  return Math.round(100 * value) / 100;
}
