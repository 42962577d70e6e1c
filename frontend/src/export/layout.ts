/**
 * Where everything of a figure goes. SVG, PNG and GIF draw the same marks, so they show the same.
 *
 * It knows no drawing surface and measures no fonts.
 */
import type { Figure, Legend, Panel } from './figure';
import type { Pixels } from '../heatmap/paint';
import { cut, widthOf, wrap } from './text_width';

/** Text at its baseline; `angle` in degrees turns it about that point. */
export interface TextMark {
  readonly kind: 'text';
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly size: number;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly angle: number;
  readonly bold: boolean;
}

/** A heatmap or a legend's bar, enlarged without smoothing. */
export interface PictureMark {
  readonly kind: 'picture';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly pixels: Pixels;
}

/** One thing to draw. */
export type Mark = TextMark | PictureMark;

/** A page of marks, in pixels. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly marks: readonly Mark[];
}

const MARGIN = 20;
const GAP = 16;
const LEAST_WIDTH = 460;
const LABEL = 10;
const TEXT = 12;
const TITLE = 16;
const LINE = 16;
const ROW_TITLES = 150;
const COLUMN_TITLES = 96;
/** Beyond the last column: where its slanted title ends. */
const SLANT = 74;
const BAR = { width: 240, height: 10 };

/** Lay `figure` out with cells of `side` pixels, or the side that suits it. */
export function layOut(figure: Figure, side = sideFor(figure)): Drawing {
  const page = new Page();
  const inner = { ...contentOf(figure, side) };
  const width = Math.max(LEAST_WIDTH, inner.width) + 2 * MARGIN;
  page.line(figure.title, TITLE, width, true);
  for (const line of figure.lines) page.line(line, TEXT, width);
  page.line(figure.axes, LABEL + 1, width);
  page.y += GAP / 2;
  for (let i = 0; i < figure.panels.length; i += figure.perRow)
    placeRow(page, figure.panels.slice(i, i + figure.perRow), side);
  for (const legend of figure.legends) placeLegend(page, legend, width);
  for (const note of figure.notes) page.line(note, LABEL + 1, width);
  return { width, height: Math.ceil(page.y + MARGIN), title: figure.title, marks: page.marks };
}

/** Pixels of a cell's side: whole, such that the largest picture is about as wide as a page. */
export function sideFor({ panels, perRow }: Figure, room = 760): number {
  const most = Math.max(1, ...panels.map(({ pixels }) => Math.max(pixels.width, pixels.height)));
  const columns = Math.min(perRow, Math.max(1, panels.length));
  return Math.max(1, Math.min(28, Math.floor(room / columns / most)));
}

class Page {
  readonly marks: Mark[] = [];
  y = MARGIN;

  /** Text from the left margin, wrapped to the page. */
  line(text: string, size: number, width: number, bold = false): void {
    for (const part of wrap(text, size, width - 2 * MARGIN)) {
      this.text(part, MARGIN, this.y + size, size, 'start', 0, bold);
      this.y += Math.max(LINE, size + 6);
    }
  }

  text(
    text: string,
    x: number,
    y: number,
    size: number,
    anchor: TextMark['anchor'],
    angle = 0,
    bold = false,
  ): void {
    this.marks.push({ kind: 'text', x, y, text, size, anchor, angle, bold });
  }
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Room around a panel's picture: titles take what they need, up to a limit. */
function boxOf({ title, pixels, rows, columns }: Panel, side: number): Box {
  const left = rows ? Math.min(ROW_TITLES, longest(rows) + 10) : 0;
  const above = columns ? Math.min(COLUMN_TITLES, 0.79 * longest(columns) + 14) : 0;
  const top = Math.ceil((title ? LINE + 4 : 0) + above);
  const picture = pixels.width * side + (columns ? SLANT : 0);
  const width = left + Math.max(picture, Math.min(160, widthOf(title, TEXT)));
  return { left, top, width, height: top + pixels.height * side };
}

function longest(names: readonly string[]): number {
  return Math.ceil(Math.max(0, ...names.map((name) => widthOf(name, LABEL))));
}

function contentOf({ panels, perRow }: Figure, side: number): { width: number } {
  let width = 0;
  for (let i = 0; i < panels.length; i += perRow) {
    const row = panels.slice(i, i + perRow).map((panel) => boxOf(panel, side).width + GAP);
    width = Math.max(
      width,
      row.reduce((a, b) => a + b, -GAP),
    );
  }
  return { width };
}

function placeRow(page: Page, panels: readonly Panel[], side: number): void {
  let x = MARGIN;
  const boxes = panels.map((panel) => boxOf(panel, side));
  panels.forEach((panel, i) => {
    const box = boxes[i] as Box;
    placePanel(page, panel, x, side, box);
    x += box.width + GAP;
  });
  page.y += Math.max(...boxes.map(({ height }) => height)) + GAP;
}

function placePanel(page: Page, panel: Panel, x: number, side: number, box: Box): void {
  const { pixels, rows, columns, title } = panel;
  const [left, top] = [x + box.left, page.y + box.top];
  const [width, height] = [pixels.width * side, pixels.height * side];
  if (title) page.text(cut(title, TEXT, box.width), x, page.y + TEXT, TEXT, 'start', 0, true);
  page.marks.push({ kind: 'picture', x: left, y: top, width, height, pixels });
  const every = Math.max(1, Math.ceil((LABEL + 2) / side));
  const written = (names: readonly string[]): number[] =>
    names.flatMap((_, i) => ((names.length - 1 - i) % every === 0 ? [i] : []));
  for (const i of rows ? written(rows) : []) {
    const text = cut(rows?.[i] ?? '', LABEL, ROW_TITLES - 10);
    page.text(text, left - 6, top + (i + 0.5) * side + LABEL * 0.35, LABEL, 'end');
  }
  for (const i of columns ? written(columns) : []) {
    const text = cut(columns?.[i] ?? '', LABEL, (COLUMN_TITLES - 14) / 0.79);
    page.text(text, left + (i + 0.5) * side + LABEL * 0.3, top - 5, LABEL, 'start', -52);
  }
}

function placeLegend(page: Page, { title, bar, ticks, note }: Legend, width: number): void {
  page.line(title, TEXT, width);
  const picture = { x: MARGIN + 8, y: page.y + 2, width: BAR.width, height: BAR.height };
  page.marks.push({ kind: 'picture', ...picture, pixels: bar });
  for (const [at, text] of ticks)
    page.text(
      text,
      picture.x + at * BAR.width,
      picture.y + BAR.height + LABEL + 2,
      LABEL,
      'middle',
    );
  page.y += BAR.height + LINE + 6;
  page.line(note, LABEL + 1, width);
}
