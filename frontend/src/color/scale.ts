/** From attention to one of 256 levels: the scale is named beside every picture that uses it. */

/** `sqrt` is the default: it is the stored code itself, so nothing is lost on the way. */
export type ScaleKind = 'linear' | 'sqrt' | 'log';

/** All kinds; the first is the default. */
export const SCALE_KINDS: ScaleKind[] = ['sqrt', 'linear', 'log'];

/** A scale from 0 to `top`, or from -`top` to `top` if `signed`; what is beyond is shown as the end. */
export interface Scale {
  readonly kind: ScaleKind;
  readonly top: number;
  readonly signed?: boolean;
}

/** Decades shown by `log`; anything smaller is shown as zero. */
export const LOG_DECADES = 4;

/** Where `value` lies on the scale, in [0, 1]. */
export function positionOf(value: number, scale: Scale): number {
  if (!scale.signed) return unsigned(value, scale);
  return 0.5 + (Math.sign(value) * unsigned(Math.abs(value), scale)) / 2;
}

function unsigned(value: number, scale: Scale): number {
  const share = Math.max(0, Math.min(1, value / scale.top));
  if (scale.kind === 'linear') return share;
  if (scale.kind === 'sqrt') return Math.sqrt(share);
  return share <= 0 ? 0 : Math.max(0, 1 + Math.log10(share) / LOG_DECADES);
}

/** The level 0–255 of `value`. */
export function levelOf(value: number, scale: Scale): number {
  return Math.round(255 * positionOf(value, scale));
}

/** The attention at a position in [0, 1] of the scale. */
export function valueAt(position: number, scale: Scale): number {
  if (scale.kind === 'linear') return scale.top * position;
  if (scale.kind === 'sqrt') return scale.top * position ** 2;
  return position <= 0 ? 0 : scale.top * 10 ** (LOG_DECADES * (position - 1));
}

/** Round values to write beside a colour bar, low to high. */
export function legendTicks(scale: Scale): number[] {
  if (scale.signed) {
    const half = [0.25, 1].map((share) => share * scale.top);
    return [...half.map((value) => -value).reverse(), 0, ...half];
  }
  if (scale.kind === 'log') {
    return [
      0,
      ...Array.from({ length: LOG_DECADES }, (_, i) => scale.top * 10 ** (i + 1 - LOG_DECADES)),
    ];
  }
  const shares = scale.kind === 'sqrt' ? [0, 0.05, 0.25, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1];
  return shares.map((share) => share * scale.top);
}
