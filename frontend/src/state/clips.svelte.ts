/** The frames of the layers on screen, in one bounded cache. */
import { peakOf, tilePeakOf } from '../analysis/peak';
import { FrameCache } from '../data/cache';
import { Clip, type ClipId, type View } from '../data/clip';
import type { Client } from '../data/client';
import type { Frame } from '../data/decode';
import type { ApiError } from '../data/errors';
import type { Aggregate } from '../data/reduced';
import type { Axes } from './axes.svelte';
import { indexAtOrBefore } from '../data/steps';

const BUDGET_BYTES = 160 * 1024 * 1024;

/** One `Clip` per layer of the run and user that are looked at. */
export class Clips {
  /** Grows when a frame arrived; reading a frame depends on it. */
  version = $state(0);
  failure = $state.raw<ApiError | null>(null);
  private readonly cache = new FrameCache(BUDGET_BYTES);
  private readonly clips = new Map<string, Clip>();
  private readonly peaks = new Map<string, number>();
  private readonly tilePeaks = new Map<string, Record<Aggregate, number>>();

  constructor(
    private readonly client: Client,
    private readonly axes: Axes,
  ) {}

  /** The frame of a layer at a logged step: `undefined` while it is on its way. */
  frame(run: string, layer: string, user: number, step: number): Frame | undefined {
    void this.version;
    return this.clips.get(keyOf({ run, layer, user }))?.frame(step);
  }

  /** Look at `cursor` in one clip; `steps` are its logged steps. */
  look(id: ClipId, steps: readonly number[], cursor: number, view: Omit<View, 'index'>): void {
    const index = indexAtOrBefore(steps, cursor);
    if (index >= 0) this.open(id).look(steps, { ...view, index });
  }

  /** Stop loading other clips; what is in the cache stays. */
  focus(ids: readonly ClipId[]): void {
    const wanted = new Set(ids.map(keyOf));
    for (const [name, clip] of this.clips) {
      if (wanted.has(name)) continue;
      clip.close();
      this.clips.delete(name);
    }
  }

  /** Whoever looks next may ask again. */
  forgive(): void {
    this.failure = null;
  }

  /** The log changed: absences may have been filled; with `everything`, the past changed too. */
  forget(run: string, everything: boolean): void {
    for (const clip of this.clips.values()) if (clip.id.run === run) clip.forget(everything);
    this.version += 1;
  }

  /** The largest weight of all frames of these clips that ever arrived; `null` before the first. */
  peakOf(ids: readonly ClipId[]): number | null {
    void this.version;
    return Math.max(0, ...ids.map((id) => this.peaks.get(keyOf(id)) ?? 0)) || null;
  }

  /** The same of tiles, where attention was reduced. */
  tilePeakOf(ids: readonly ClipId[], aggregate: Aggregate): number | null {
    void this.version;
    return Math.max(0, ...ids.map((id) => this.tilePeaks.get(keyOf(id))?.[aggregate] ?? 0)) || null;
  }

  private notePeak(name: string, frames: readonly Frame[]): void {
    const seen = frames.flatMap((frame) => (frame.kind === 'ready' ? [frame.attention] : []));
    this.peaks.set(name, Math.max(this.peaks.get(name) ?? 0, ...seen.map(peakOf)));
    const known = this.tilePeaks.get(name);
    const most = (of: Aggregate): number =>
      Math.max(known?.[of] ?? 0, ...seen.map((attention) => tilePeakOf(attention, of)));
    this.tilePeaks.set(name, { mean: most('mean'), maximum: most('maximum') });
  }

  private open(id: ClipId): Clip {
    const name = keyOf(id);
    const listener = {
      changed: (frames: readonly Frame[]): void => {
        this.failure = null;
        this.notePeak(name, frames);
        this.axes.look(id.run, frames);
        this.version += 1;
      },
      failed: (error: ApiError): void => {
        this.failure = error;
      },
    };
    const clip = this.clips.get(name) ?? new Clip(id, this.client, this.cache, listener);
    this.clips.set(name, clip);
    return clip;
  }
}

function keyOf({ run, layer, user }: ClipId): string {
  return JSON.stringify([run, layer, user]);
}
