/** The window around TensorBoard's iframe. Every access is guarded: an embedding may forbid it. */

/** TensorBoard's window, or our own where there is none or it may not be touched. */
export function outerWindow(): Window {
  try {
    void window.parent.location.hash;
    return window.parent;
  } catch {
    return window;
  }
}

/** Whether a page of another origin shows this one, and could make a reader click what it likes. */
export function isFramedByOthers(): boolean {
  return guarded(() => window.top?.location.origin !== window.location.origin, true);
}

/** `value()`, or `fallback` where the embedding forbids it. */
export function guarded<T>(value: () => T, fallback: T): T {
  try {
    return value();
  } catch {
    return fallback;
  }
}
