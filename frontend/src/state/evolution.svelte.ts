/** The predicting row of every drawn step: loaded coarse to fine, and kept for a few clips. */
import { rowOfFrame, type LastRow } from '../analysis/last_row';
import { coarseToFine, thinned, type Thinned } from '../analysis/thinning';
import type { Client } from '../data/client';
import type { ClipId } from '../data/clip';
import { asApiError, isAbort, type ApiError } from '../data/errors';

import type { Axes } from './axes.svelte';

/** Most columns of a picture over steps. */
export const MOST_COLUMNS = 400;
const BATCH = 32;
const CLIPS_KEPT = 6;

type Rows = Map<number, LastRow>;

/** Rows of the clip that is looked at. Reading them depends on `version`. */
export class Evolution {
  version = $state(0);
  failure = $state.raw<ApiError | null>(null);
  plan = $state.raw<Thinned>({ indices: [], every: 1 });
  private steps: readonly number[] = [];
  private key = '';
  private readonly kept = new Map<string, Rows>();
  private abort: AbortController | null = null;

  /** Which query is drawn; `null`: the newest of a history, else the first. */
  query = $state<number | null>(null);

  constructor(
    private readonly client: Client,
    private readonly axes: Axes,
  ) {}

  /** Steps of the plan that are here, ascending. */
  get loaded(): number[] {
    const rows = this.rows();
    return this.wanted().filter((step) => rows.has(step));
  }

  /** The row of a step, if it is here. */
  row(step: number): LastRow | undefined {
    return this.rows().get(step);
  }

  /** Look at one query of a clip (-1: the last); what is missing is asked for, batch after batch. */
  look(id: ClipId, steps: readonly number[], query = -1): void {
    const key = JSON.stringify([id.run, id.layer, id.user, query]);
    const moved = key !== this.key;
    if (moved) this.stop();
    this.key = key;
    this.steps = steps;
    const plan = thinned(steps.length, MOST_COLUMNS);
    if (moved || plan.indices.length !== this.plan.indices.length) this.plan = plan;
    this.remember(key);
    if (!this.abort && !this.failure) void this.load(id, query);
  }

  /** Ask no more. */
  stop(): void {
    this.abort?.abort();
    this.abort = null;
  }

  /** Whoever looks next may ask again. */
  forgive(): void {
    this.failure = null;
  }

  /** The log changed; with `everything`, the past changed too. */
  forget(run: string, everything: boolean): void {
    for (const [key, rows] of this.kept) {
      if ((JSON.parse(key) as string[])[0] !== run) continue;
      for (const [step, row] of rows) if (everything || row.kind === 'absent') rows.delete(step);
    }
    this.version += 1;
  }

  /** The largest weight of one head in the loaded rows; `null` before the first. */
  peak(head: number): number | null {
    let most = 0;
    for (const row of this.rows().values()) {
      if (row.kind === 'absent') continue;
      const values = row.values.subarray(head * row.keys, (head + 1) * row.keys);
      for (const value of values) if (value > most) most = value;
    }
    return most || null;
  }

  private rows(): Rows {
    void this.version;
    return this.kept.get(this.key) ?? new Map();
  }

  private wanted(): number[] {
    return this.plan.indices.flatMap((index) => this.steps[index] ?? []);
  }

  private remember(key: string): void {
    const rows: Rows = this.kept.get(key) ?? new Map();
    this.kept.delete(key);
    this.kept.set(key, rows);
    for (const old of [...this.kept.keys()].slice(0, -CLIPS_KEPT)) this.kept.delete(old);
  }

  private missing(rows: Rows, most = BATCH): number[] {
    return coarseToFine(this.wanted())
      .filter((step) => !rows.has(step))
      .slice(0, Math.min(BATCH, most));
  }

  private async load(id: ClipId, query: number): Promise<void> {
    const abort = new AbortController();
    const rows = this.rows();
    this.abort = abort;
    try {
      for (;;) {
        const batch = this.missing(rows, id.most);
        if (batch.length === 0) break;
        const text = [...batch].sort((a, b) => a - b).join(',');
        const frames = await this.client.frames(id.run, id.layer, id.user, text, abort.signal);
        if (abort.signal.aborted) return;
        for (const step of batch)
          rows.set(step, { kind: 'absent', reason: 'not_logged', detail: '' });
        for (const frame of frames) rows.set(frame.step, rowOfFrame(frame, query));
        this.axes.look(id.run, frames);
        this.version += 1;
      }
    } catch (error) {
      if (!isAbort(error)) this.failure = asApiError(error);
    }
    if (this.abort === abort) this.abort = null;
  }
}
