/** Frames in memory within a budget: what is visible goes last, what was recently seen goes first. */
import type { Frame } from './decode';
import { bytesOfReduced } from './reduced';

/** How much a frame is wanted now: 0 was seen before, 1 is prefetched, 2 is on screen. */
export type Tier = 0 | 1 | 2;

interface Entry {
  frame: Frame;
  bytes: number;
  tier: Tier;
  used: number;
}

/** Bytes a frame keeps alive; an absence costs its words only. */
export function bytesOf(frame: Frame): number {
  if (frame.kind === 'absent') return 128;
  const { codes, reduced } = frame.attention;
  return 128 + codes.byteLength + (reduced ? bytesOfReduced(reduced) : 0);
}

/** A bounded map from key to frame; eviction takes the lowest tier first, then the oldest use. */
export class FrameCache {
  private readonly entries = new Map<string, Entry>();
  private clock = 0;
  private held = 0;

  /** Holds at most `budgetBytes`, except that what is on screen is never dropped. */
  constructor(readonly budgetBytes: number) {}

  /** Bytes held now. */
  get bytes(): number {
    return this.held;
  }

  /** Number of frames held now. */
  get size(): number {
    return this.entries.size;
  }

  /** The frame, which counts as a use of it. */
  get(key: string): Frame | undefined {
    const entry = this.entries.get(key);
    if (entry) entry.used = ++this.clock;
    return entry?.frame;
  }

  /** Whether it is held; not a use. */
  has(key: string): boolean {
    return this.entries.has(key);
  }

  /** Keep `frame`, then drop others until the budget holds. */
  set(key: string, frame: Frame, tier: Tier): void {
    this.delete(key);
    const bytes = bytesOf(frame);
    this.entries.set(key, { frame, bytes, tier, used: ++this.clock });
    this.held += bytes;
    this.evict();
  }

  /** Drop one. */
  delete(key: string): void {
    this.held -= this.entries.get(key)?.bytes ?? 0;
    this.entries.delete(key);
  }

  /** Drop every frame whose key or content `matches`. */
  deleteWhere(matches: (key: string, frame: Frame) => boolean): void {
    for (const [key, entry] of this.entries) if (matches(key, entry.frame)) this.delete(key);
  }

  /** Say again what is wanted; `undefined` leaves a frame as it is. */
  retier(tierOf: (key: string) => Tier | undefined): void {
    for (const [key, entry] of this.entries) entry.tier = tierOf(key) ?? entry.tier;
  }

  private evict(): void {
    if (this.held <= this.budgetBytes) return;
    const order = [...this.entries].filter(([, entry]) => entry.tier < 2);
    order.sort(([, a], [, b]) => a.tier - b.tier || a.used - b.used);
    for (const [key] of order) {
      if (this.held <= this.budgetBytes) return;
      this.delete(key);
    }
  }
}
