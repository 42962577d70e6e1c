/** A drawing on a canvas: the PNG's pixels, and the letters of a GIF's frames. */
import type { Pixels } from '../heatmap/paint';
import { put } from '../heatmap/renderer';
import type { Drawing, Mark, TextMark } from './layout';

export const PAGE = '#ffffff';
export const INK = '#202124';
const HATCH = ['#f4f4f4', '#c4c4c4'] as const;
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

/** No browser promises a larger canvas. */
const MOST_PIXELS = 16_384 * 4096;

/** A PNG of the drawing, `scale` device pixels to a pixel. */
export async function toPng(drawing: Drawing, scale = 2): Promise<Blob> {
  const room = Math.sqrt(MOST_PIXELS / (drawing.width * drawing.height));
  const canvas = canvasOf(drawing, Math.min(scale, room));
  return blobOf(canvas);
}

/** A PNG of plain pixels as a `data:` address, to embed in an SVG. */
export async function pngAddress(pixels: Pixels): Promise<string> {
  const canvas = document.createElement('canvas');
  put(canvas, pixels);
  return canvas.toDataURL('image/png');
}

/** The marks of `drawing` on a new canvas; `isRead` if its pixels are wanted back soon. */
export function canvasOf(drawing: Drawing, scale: number, isRead = false): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(drawing.width * scale);
  canvas.height = Math.round(drawing.height * scale);
  const context = contextOf(canvas, isRead);
  context.scale(scale, scale);
  context.fillStyle = PAGE;
  context.fillRect(0, 0, drawing.width, drawing.height);
  context.imageSmoothingEnabled = false;
  for (const mark of drawing.marks) draw(context, mark);
  return canvas;
}

/** A canvas's context, or an error that says so. */
export function contextOf(canvas: HTMLCanvasElement, isRead = false): CanvasRenderingContext2D {
  const context = canvas.getContext('2d', { willReadFrequently: isRead });
  if (!context) throw new Error('this browser gives no 2D canvas');
  return context;
}

function draw(context: CanvasRenderingContext2D, mark: Mark): void {
  if (mark.kind === 'text') {
    drawText(context, mark);
    return;
  }
  const cells = document.createElement('canvas');
  put(cells, mark.pixels);
  const { x, y, width, height } = mark;
  context.fillStyle = hatching(context);
  context.fillRect(x, y, width, height);
  if (cells.width > 0 && cells.height > 0) context.drawImage(cells, x, y, width, height);
}

function drawText(context: CanvasRenderingContext2D, mark: TextMark): void {
  context.save();
  context.translate(mark.x, mark.y);
  context.rotate((mark.angle * Math.PI) / 180);
  context.font = `${mark.bold ? 600 : 400} ${mark.size}px ${FONT}`;
  context.fillStyle = INK;
  context.textAlign = mark.anchor === 'middle' ? 'center' : mark.anchor;
  context.fillText(mark.text, 0, 0);
  context.restore();
}

function hatching(context: CanvasRenderingContext2D): CanvasPattern | string {
  const tile = document.createElement('canvas');
  tile.width = 6;
  tile.height = 6;
  const own = contextOf(tile);
  own.fillStyle = HATCH[0];
  own.fillRect(0, 0, 6, 6);
  own.strokeStyle = HATCH[1];
  own.beginPath();
  own.moveTo(-1, 7);
  own.lineTo(7, -1);
  own.stroke();
  return context.createPattern(tile, 'repeat') ?? HATCH[0];
}

function blobOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob) resolve(blob);
      else reject(new Error('the picture is too large for this browser'));
    }, 'image/png');
  });
}
