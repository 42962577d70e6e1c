/** Which head of one run is which of another, from the cohort they share, at the steps on screen. */
import { bestMatches, type Match } from '../analysis/assignment';
import { isComparable, similarityOf, type RowPair } from '../analysis/head_similarity';
import { lastRowOf, type LastRow } from '../analysis/last_row';
import type { Client } from '../data/client';
import { isAbort } from '../data/errors';

/** The most users whose rows are compared. */
export const MOST_USERS = 8;
const KEPT = 512;

/** One side: a layer of a run at a logged step. */
export interface MatchSide {
  readonly run: string;
  readonly layer: string;
  readonly step: number;
}

/** The pairing, and how many users it rests on. */
export interface Matching {
  readonly a: MatchSide;
  readonly b: MatchSide;
  readonly users: number;
  readonly matches: readonly Match[];
}

/** Finds one pairing at a time; a newer question calls off the older one. */
export class HeadMatch {
  result = $state.raw<Matching | null>(null);
  working = $state(false);
  private of = '';
  private abort: AbortController | null = null;
  private readonly rows = new Map<string, LastRow>();

  constructor(private readonly client: Client) {}

  /** Pair the heads of two sides; `users` are pairs of indices. */
  async look(a: MatchSide, b: MatchSide, users: readonly [number, number][]): Promise<void> {
    const of = JSON.stringify([a, b, users]);
    if (of === this.of) return;
    this.of = of;
    this.abort?.abort();
    const abort = new AbortController();
    this.abort = abort;
    this.working = true;
    try {
      const pairs: RowPair[] = [];
      for (const [ua, ub] of users)
        pairs.push([await this.row(a, ua, abort.signal), await this.row(b, ub, abort.signal)]);
      if (of === this.of) {
        const matches = bestMatches(similarityOf(pairs));
        this.result = { a, b, users: pairs.filter(isComparable).length, matches };
      }
    } catch (error) {
      if (!isAbort(error) && of === this.of) this.of = '';
    }
    if (this.abort === abort) this.working = false;
  }

  /** There is nothing to pair. */
  clear(): void {
    this.of = '';
    this.abort?.abort();
    this.result = null;
    this.working = false;
  }

  /** The past of a run changed. */
  forget(): void {
    this.rows.clear();
    this.of = '';
  }

  private async row(side: MatchSide, user: number, signal: AbortSignal): Promise<LastRow> {
    const key = JSON.stringify([side, user]);
    const known = this.rows.get(key);
    if (known) return known;
    const { run, layer, step } = side;
    const [frame] = await this.client.frames(run, layer, user, `${step}`, signal);
    const row: LastRow = frame
      ? lastRowOf(frame)
      : { kind: 'absent', reason: 'not_logged', detail: '' };
    this.rows.set(key, row);
    for (const old of [...this.rows.keys()].slice(0, -KEPT)) this.rows.delete(old);
    return row;
  }
}
