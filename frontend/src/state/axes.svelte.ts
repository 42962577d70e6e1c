/** What stands on axes that are no user's history: asked for when a frame refers to them, and kept. */
import type { Attention, AxisRef } from '../data/attention';
import type { Client } from '../data/client';
import { asApiError } from '../data/errors';
import type { Frame } from '../data/decode';
import type { Item } from '../data/schema';

/** Items along an axis; `null` where the log does not say what stands there. */
export type AxisItems = readonly (Item | null)[];

/** Numbers of one request. */
const BATCH = 64;
const KEPT = 4096;

/** Axes by run, attempt and number; one request at a time. Reading them depends on `version`. */
export class Axes {
  version = $state(0);
  private readonly known = new Map<string, AxisItems | null>();
  private readonly wanted = new Map<string, { run: string; ref: AxisRef }>();
  private batch = BATCH;
  private busy = false;

  constructor(private readonly client: Client) {}

  /** Items on an axis: `undefined` until it is here, `null` if the log has no labels for it. */
  of(run: string, ref: AxisRef): AxisItems | null | undefined {
    void this.version;
    return this.known.get(keyOf(run, ref));
  }

  /** Ask for what `frames` refer to and is not here. */
  look(run: string, frames: readonly Frame[]): void {
    for (const frame of frames) {
      if (frame.kind !== 'ready') continue;
      for (const ref of refsOf(frame.attention)) {
        const key = keyOf(run, ref);
        if (!this.known.has(key)) this.wanted.set(key, { run, ref });
      }
    }
    if (!this.busy) void this.load();
  }

  /** The server answers again: ask for what failed. */
  forgive(): void {
    if (!this.busy) void this.load();
  }

  /** The log of a run changed: what it had no labels for may be there now. */
  forget(run: string): void {
    for (const [key, items] of this.known) {
      const [of, attempt, number] = JSON.parse(key) as [string, string, number];
      if (of !== run || items !== null) continue;
      this.known.delete(key);
      this.wanted.set(key, { run, ref: { attempt, number } });
    }
    if (!this.busy) void this.load();
  }

  private async load(): Promise<void> {
    this.busy = true;
    for (let next = this.next(); next; next = this.next()) if (!(await this.ask(next))) break;
    this.busy = false;
  }

  /** Wanted axes of one run and attempt. */
  private next(): { run: string; attempt: string; numbers: number[] } | null {
    const [first] = this.wanted.values();
    if (!first) return null;
    const { run } = first;
    const { attempt } = first.ref;
    const same = [...this.wanted.values()].filter(
      (other) => other.run === run && other.ref.attempt === attempt,
    );
    return { run, attempt, numbers: same.slice(0, this.batch).map(({ ref }) => ref.number) };
  }

  /** One request; false if asking on makes no sense now. */
  private async ask(next: { run: string; attempt: string; numbers: number[] }): Promise<boolean> {
    const { run, attempt, numbers } = next;
    try {
      const answer = await this.client.axes(run, attempt, numbers);
      const items = new Map(answer.items.map((item) => [item.index, item]));
      for (const number of numbers) {
        const axis = answer.axes.find((found) => found.number === number);
        const named = axis?.items.map(
          (index) => (index === null ? null : items.get(index)) ?? null,
        );
        this.keep(keyOf(run, { attempt, number }), named ?? null);
      }
      this.version += 1;
      return true;
    } catch (error) {
      if (asApiError(error).kind !== 'too_large' || this.batch === 1) return false;
      this.batch = Math.ceil(this.batch / 4);
      return true;
    }
  }

  private keep(key: string, items: AxisItems | null): void {
    this.wanted.delete(key);
    this.known.set(key, items);
    for (const old of [...this.known.keys()].slice(0, -KEPT)) this.known.delete(old);
  }
}

function refsOf({ queryAxis, keyAxis }: Attention): AxisRef[] {
  return [queryAxis, keyAxis].filter((ref) => ref !== undefined);
}

function keyOf(run: string, { attempt, number }: AxisRef): string {
  return JSON.stringify([run, attempt, number]);
}
