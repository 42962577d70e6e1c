/** What a picture of attention needs, so that a GPU renderer can stand in without a view noticing. */
import type { Attention } from '../data/attention';
import { paint, type Palette, type Pixels } from './paint';

/** Draws one head of a frame into a canvas with exactly one backing pixel per cell. */
export interface HeatmapRenderer {
  draw(canvas: HTMLCanvasElement, attention: Attention, head: number, palette: Palette): void;
  clear(canvas: HTMLCanvasElement): void;
}

/** Canvas 2D: 48 tiles of 128² in 1–2 ms, and no limit on the number of canvases. */
export class CanvasRenderer implements HeatmapRenderer {
  private pixels: Pixels | null = null;

  /** Replace what the canvas shows. */
  draw(canvas: HTMLCanvasElement, attention: Attention, head: number, palette: Palette): void {
    this.pixels = paint(attention, head, palette, this.pixels);
    put(canvas, this.pixels);
  }

  /** Show nothing. */
  clear(canvas: HTMLCanvasElement): void {
    canvas.getContext('2d')?.clearRect(0, 0, canvas.width, canvas.height);
  }
}

/** Show pixels, one for one. */
export function put(canvas: HTMLCanvasElement, { width, height, rgba }: Pixels): void {
  if (width === 0 || height === 0) return;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
}
