/** The frames of the layers on screen, in one bounded cache. */
import { peakOf } from '../analysis/peak';
import { FrameCache } from '../data/cache';
import { Clip, type View } from '../data/clip';
import type { Client } from '../data/client';
import type { Frame } from '../data/decode';
import type { ApiError } from '../data/errors';
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

  constructor(private readonly client: Client) {}

  /** The frame of a layer at a logged step: `undefined` while it is on its way. */
  frame(run: string, layer: string, user: number, step: number): Frame | undefined {
    void this.version;
    return this.clips.get(key(run, layer, user))?.frame(step);
  }

  /** Look at `cursor` in one layer; `steps` are its logged steps. */
  look(
    run: string,
    layer: string,
    user: number,
    steps: readonly number[],
    cursor: number,
    view: Omit<View, 'index'>,
  ): void {
    const index = indexAtOrBefore(steps, cursor);
    if (index >= 0) this.open(run, layer, user).look(steps, { ...view, index });
  }

  /** Stop loading other runs and users; what is in the cache stays. */
  focus(run: string, user: number): void {
    for (const [name, clip] of this.clips) {
      if (clip.id.run === run && clip.id.user === user) continue;
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

  /** The largest weight of all frames of these layers that ever arrived; `null` before the first. */
  peakOf(run: string, layers: readonly string[], user: number): number | null {
    void this.version;
    const peaks = layers.map((layer) => this.peaks.get(key(run, layer, user)) ?? 0);
    return Math.max(0, ...peaks) || null;
  }

  private notePeak(name: string, frames: readonly Frame[]): void {
    const values = frames.map((f) => (f.kind === 'ready' ? peakOf(f.attention) : 0));
    this.peaks.set(name, Math.max(this.peaks.get(name) ?? 0, ...values));
  }

  private open(run: string, layer: string, user: number): Clip {
    const name = key(run, layer, user);
    const listener = {
      changed: (frames: readonly Frame[]): void => {
        this.failure = null;
        this.notePeak(name, frames);
        this.version += 1;
      },
      failed: (error: ApiError): void => {
        this.failure = error;
      },
    };
    const clip =
      this.clips.get(name) ?? new Clip({ run, layer, user }, this.client, this.cache, listener);
    this.clips.set(name, clip);
    return clip;
  }
}

function key(run: string, layer: string, user: number): string {
  return JSON.stringify([run, layer, user]);
}
