/** Widths of text without a canvas: a figure is laid out the same in a browser and in a test. */

/** Average advance of sans-serif letters, of capitals, and of full-width signs, in ems. */
const SMALL_EM = 0.57;
const CAPITAL_EM = 0.68;
const WIDE_EM = 1;

function emsOf(sign: string): number {
  if ((sign.codePointAt(0) ?? 0) >= 0x1100) return WIDE_EM;
  return /[A-Z%&@mw]/.test(sign) ? CAPITAL_EM : SMALL_EM;
}

/** About how wide `text` is, in pixels. */
export function widthOf(text: string, size: number): number {
  let ems = 0;
  for (const sign of text) ems += emsOf(sign);
  return ems * size;
}

/** `text`, or as much of it as fits `most` pixels, with an ellipsis. */
export function cut(text: string, size: number, most: number): string {
  if (widthOf(text, size) <= most) return text;
  let kept = '';
  for (const sign of text) {
    if (widthOf(`${kept}${sign}…`, size) > most) break;
    kept += sign;
  }
  return `${kept.trimEnd()}…`;
}

/** `text` in lines of at most `most` pixels, broken at spaces, or anywhere between wide signs. */
export function wrap(text: string, size: number, most: number): string[] {
  const parts = text.match(/[\u1100-\uffff]|[^\s\u1100-\uffff]+\s*|\s+/gu) ?? [];
  const lines: string[] = [];
  let line = '';
  for (const part of parts) {
    if (line && widthOf((line + part).trimEnd(), size) > most) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += part;
  }
  return line ? [...lines, line.trimEnd()] : lines;
}
