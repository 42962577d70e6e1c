/** The frames of one (run, layer, user) over steps: asks for what is near the cursor, once. */
import type { FrameCache } from './cache';
import { bytesOf } from './cache';
import type { Client } from './client';
import type { Frame } from './decode';
import { asApiError, isAbort, type ApiError } from './errors';
import { batchFor, missing, nearest, type Plan } from './prefetch';
import { stepsParameter } from './steps';

/** Which clip: a layer of a run, seen by one user. */
export interface ClipId {
  readonly run: string;
  readonly layer: string;
  readonly user: number;
  /** The most steps one request may ask for, where the server computes each from many frames. */
  readonly most?: number;
}

/** Where the reader is, in indices of logged steps. */
export interface View {
  readonly index: number;
  readonly direction: 1 | -1;
  readonly loop: boolean;
  readonly playing: boolean;
}

/** Told when a frame arrived, or when asking failed. */
export interface ClipListener {
  changed(frames: readonly Frame[]): void;
  failed(error: ApiError): void;
}

const FIRST_BATCH = 8;
const AHEAD = 240;
/** Of what is computed for us, no more than so many requests ahead. */
const AHEAD_BATCHES = 4;

/** Loads frames into a shared cache; at most one urgent and one background request at a time. */
export class Clip {
  private readonly prefix: string;
  private steps: readonly number[] = [];
  private view: View = { index: -1, direction: 1, loop: false, playing: false };
  private urgent: AbortController | null = null;
  private background: AbortController | null = null;
  private batch = FIRST_BATCH;
  private largestBatch: number;
  private readonly asked = new Set<number>();

  constructor(
    readonly id: ClipId,
    private readonly client: Client,
    private readonly cache: FrameCache,
    private readonly listener: ClipListener,
  ) {
    this.largestBatch = id.most ?? Number.POSITIVE_INFINITY;
    this.prefix = `${JSON.stringify([id.run, id.layer, id.user])}:`;
  }

  /** The frame of a logged step, if it is here. */
  frame(step: number): Frame | undefined {
    return this.cache.get(this.prefix + step);
  }

  /** Whether a request is under way. */
  get busy(): boolean {
    return this.urgent !== null || this.background !== null;
  }

  /** Whether `key` of the cache belongs to this clip. */
  owns(key: string): boolean {
    return key.startsWith(this.prefix);
  }

  /** Forget what the log may now answer differently. */
  forget(everything: boolean): void {
    this.cache.deleteWhere(
      (key, frame) => this.owns(key) && (everything || frame.kind === 'absent'),
    );
  }

  /** Say what is looked at; missing frames near it are asked for. */
  look(steps: readonly number[], view: View): void {
    this.steps = steps;
    this.view = view;
    this.retier();
    this.request();
  }

  /** Stop asking. */
  close(): void {
    this.urgent?.abort();
    this.background?.abort();
  }

  private retier(): void {
    const plan = this.plan(AHEAD);
    const wanted = new Set(nearest(plan).map((index) => this.keyAt(index)));
    const visible = this.keyAt(plan.cursor);
    this.cache.retier((key) => {
      if (!this.owns(key)) return undefined;
      return key === visible ? 2 : wanted.has(key) ? 1 : 0;
    });
  }

  private keyAt(index: number): string {
    return this.prefix + (this.steps[index] ?? 'none');
  }

  private plan(batch: number): Plan {
    const { index, direction, loop } = this.view;
    const ahead = Math.min(AHEAD, AHEAD_BATCHES * (this.id.most ?? AHEAD));
    return { cursor: index, count: this.steps.length, direction, batch, ahead, loop };
  }

  private request(): void {
    const { index } = this.view;
    if (index < 0 || index >= this.steps.length) return;
    const has = (i: number): boolean => this.cache.has(this.keyAt(i)) || this.asked.has(i);
    // A scrub does not call off what is under way: it is near, and starting over shows nothing.
    if (this.urgent) return;
    if (!has(index)) {
      this.urgent = this.load(missing(this.plan(Math.min(FIRST_BATCH, this.largestBatch)), has));
    } else if (!this.background) {
      const wanted = missing(this.plan(Math.min(this.batch, this.largestBatch)), has);
      if (wanted.length > 0 && this.room()) this.background = this.load(wanted);
    }
  }

  /** Prefetching stops short of the budget, or it would drop what it just fetched. */
  private room(): boolean {
    return this.cache.bytes < this.cache.budgetBytes * 0.9;
  }

  private load(wanted: number[]): AbortController {
    const abort = new AbortController();
    void this.run(wanted, abort);
    return abort;
  }

  private async run(wanted: number[], abort: AbortController): Promise<void> {
    for (const index of wanted) this.asked.add(index);
    const { run, layer, user } = this.id;
    const steps = stepsParameter(this.steps, wanted);
    let again = true;
    try {
      this.keep(wanted, await this.client.frames(run, layer, user, steps, abort.signal));
    } catch (error) {
      again = this.failed(error, wanted.length);
    }
    for (const index of wanted) this.asked.delete(index);
    if (this.urgent === abort) this.urgent = null;
    if (this.background === abort) this.background = null;
    if (again && !abort.signal.aborted) this.request();
  }

  private keep(wanted: number[], frames: Frame[]): void {
    const visible = this.keyAt(this.view.index);
    for (const frame of [...unanswered(this.steps, wanted), ...frames]) {
      const key = this.prefix + frame.step;
      this.cache.set(key, frame, key === visible ? 2 : 1);
      if (frame.kind === 'ready') this.batch = batchFor(bytesOf(frame));
    }
    this.listener.changed(frames);
  }

  /** Whether asking again at once makes sense: with fewer steps it does. */
  private failed(error: unknown, count: number): boolean {
    if (isAbort(error)) return false;
    const failure = asApiError(error);
    if ((failure.kind === 'too_large' || failure.code === 'timeout') && count > 1) {
      this.largestBatch = Math.floor(count / 2);
      return true;
    }
    this.listener.failed(failure);
    return false;
  }
}

/** What was asked for counts as not logged until the answer says otherwise: never ask in a circle. */
function unanswered(steps: readonly number[], wanted: number[]): Frame[] {
  return wanted.map((index) => ({
    kind: 'absent',
    step: steps[index] ?? -1,
    reason: 'not_logged',
    detail: '',
  }));
}
