/** What one user is recommended, and what each head measures, at every step. */
import type { Client } from '../data/client';
import { asApiError, type ApiError } from '../data/errors';
import type { Measures, RecommendationColumns } from '../data/schema';
import { joinColumns } from './recommendations';

/** Steps of one request for recommendations. */
const CHUNK = 200;

/** Requests for all lists of a user that are worth making for a curve. */
const MOST_CHUNKS = 8;

/** Loads columns around the cursor, and the rest when it is looked at. */
export class Series {
  recommendations = $state.raw<RecommendationColumns | null>(null);
  measures = $state.raw<Measures | null>(null);
  failure = $state.raw<ApiError | null>(null);
  private of = '';
  private measured = '';
  private readonly chunks = new Map<number, number>();

  constructor(private readonly client: Client) {}

  /** Load the lists around each of `indices` into the logged `steps`, and those of the first steps. */
  lookAtLists(
    run: string,
    user: number,
    steps: readonly number[],
    indices: readonly number[],
  ): void {
    const of = JSON.stringify([run, user]);
    if (of !== this.of) {
      this.of = of;
      this.recommendations = null;
      this.chunks.clear();
    }
    const chunks = indices.map((index) => Math.floor(Math.max(0, index) / CHUNK));
    for (const chunk of new Set([...chunks, 0])) void this.loadChunk(run, user, steps, chunk);
  }

  /** Load every list, one request after the other, where there are not too many. */
  async lookAtAllLists(run: string, user: number, steps: readonly number[]): Promise<void> {
    const count = Math.ceil(steps.length / CHUNK);
    if (count > MOST_CHUNKS) return;
    for (let chunk = count - 1; chunk >= 0; chunk -= 1) {
      if (this.of !== JSON.stringify([run, user]) || this.failure) return;
      await this.loadChunk(run, user, steps, chunk);
    }
  }

  /** The run has no lists. */
  clearLists(): void {
    this.of = '';
    this.recommendations = null;
  }

  /** Load measures of a layer; `generation` says when to do so again. */
  async lookAtMeasures(
    run: string,
    layer: string,
    user: number,
    generation: number,
  ): Promise<void> {
    const of = JSON.stringify([run, layer, user, generation]);
    if (of === this.measured) return;
    this.measured = of;
    const { measures } = this;
    if (measures && !(measures.run === run && measures.layer === layer && measures.user === user)) {
      this.measures = null;
    }
    const answer = await this.client.measures(run, layer, user).catch(() => null);
    if (answer && this.measured === of) this.measures = answer;
    if (!answer && this.measured === of) this.measured = '';
  }

  /** Whoever looks next may ask again. */
  forgive(): void {
    this.failure = null;
  }

  /** Read everything again when it is next looked at: the past changed. */
  forget(): void {
    this.chunks.clear();
    this.measured = '';
  }

  private async loadChunk(
    run: string,
    user: number,
    steps: readonly number[],
    chunk: number,
  ): Promise<void> {
    const from = chunk === 0 ? Math.min(0, steps[0] ?? 0) : steps[chunk * CHUNK];
    const next = steps[(chunk + 1) * CHUNK];
    const to = next === undefined ? steps.at(-1) : next - 1;
    const known = this.chunks.get(chunk);
    if (from === undefined || to === undefined || (known !== undefined && known >= to)) return;
    this.chunks.set(chunk, to);
    const range = `${known === undefined ? from : known + 1}-${to}`;
    // Lists may be logged more rarely than attention: the one before the chunk counts, too.
    const isFirst = known === undefined && chunk > 0;
    const parts = isFirst ? [`at-or-before:${from - 1}`, range] : [range];
    const { of } = this;
    try {
      const ask = (part: string): Promise<RecommendationColumns> =>
        this.client.recommendations(run, user, part);
      const answer = (await Promise.all(parts.map(ask))).reduce(joinColumns);
      if (of !== this.of) return;
      this.failure = null;
      this.recommendations = this.recommendations
        ? joinColumns(this.recommendations, answer)
        : answer;
    } catch (error) {
      this.chunks.delete(chunk);
      this.failure = asApiError(error);
    }
  }
}
