/** Sizes and positions of cells, in CSS pixels, such that a cell is a whole number of device pixels. */

/** Rows and columns. */
export interface Shape {
  readonly queries: number;
  readonly keys: number;
}

/** One cell of a head. */
export interface Cell {
  readonly query: number;
  readonly key: number;
}

/** The room there is, and the pixels a CSS pixel has. */
export interface Room {
  readonly width: number;
  readonly height: number;
  readonly pixelRatio: number;
}

/** Bounds of a cell's side, in CSS pixels. */
export interface SideLimits {
  readonly least: number;
  readonly most: number;
}

/** The largest side of a cell that fits the room, within the limits, in CSS pixels. */
export function cellSide(shape: Shape, room: Room, limits: SideLimits): number {
  const fits = Math.min(
    room.width / Math.max(1, shape.keys),
    room.height / Math.max(1, shape.queries),
  );
  const side = Math.max(limits.least, Math.min(limits.most, fits));
  return Math.max(1, Math.floor(side * room.pixelRatio)) / room.pixelRatio;
}

/** The cell at a point of the picture, or `null` outside. */
export function cellAt(x: number, y: number, side: number, shape: Shape): Cell | null {
  const cell = { query: Math.floor(y / side), key: Math.floor(x / side) };
  return cell.query >= 0 && cell.query < shape.queries && cell.key >= 0 && cell.key < shape.keys
    ? cell
    : null;
}

/** A move by arrow, page and end keys; `null` for other keys. */
export function moved(cell: Cell, key: string, shape: Shape): Cell | null {
  const steps: Record<string, [number, number]> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    PageUp: [-10, 0],
    PageDown: [10, 0],
    Home: [0, -shape.keys],
    End: [0, shape.keys],
  };
  const step = steps[key];
  if (!step) return null;
  const clamp = (at: number, count: number): number => Math.max(0, Math.min(count - 1, at));
  return {
    query: clamp(cell.query + step[0], shape.queries),
    key: clamp(cell.key + step[1], shape.keys),
  };
}

/** Which labels to write when each needs `least` pixels: every nth, and always the newest one. */
export function labelled(count: number, side: number, least: number): number[] {
  const every = Math.max(1, Math.ceil(least / side));
  return Array.from({ length: count }, (_, i) => i).filter((i) => (count - 1 - i) % every === 0);
}
