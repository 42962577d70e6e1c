/** What the server has told us so far: kept on screen when it stops answering. */
import type { Client } from '../data/client';
import { asApiError, isAbort, type ApiError } from '../data/errors';
import type { Catalogue, Run, Status, TimelineColumns } from '../data/schema';
import { extendTimeline } from './columns';

/** Server data by name; `null` means not asked yet. */
export class Log {
  status = $state.raw<Status | null>(null);
  /** The generation everything here has caught up with; what hangs on the log is read again then. */
  generation = $state<number | null>(null);
  /** When the server last answered, in seconds since 1970. */
  answeredAt = $state<number | null>(null);
  runs = $state.raw<readonly Run[] | null>(null);
  /** Whether `runs` were listed while the log was still being read. */
  arePartial = $state(false);
  catalogues = $state.raw<ReadonlyMap<string, Catalogue>>(new Map());
  timelines = $state.raw<ReadonlyMap<string, TimelineColumns>>(new Map());
  /** What failed and has not worked since, by request. */
  failures = $state.raw<ReadonlyMap<string, ApiError>>(new Map());
  /** The server does not answer. */
  readonly offline = $derived([...this.failures.values()].some((error) => error.passing));
  /** A failure that waiting does not mend. A thing that is not there is said by who asked for it. */
  readonly fault = $derived(
    [...this.failures.values()].find((error) => !error.passing && error.kind !== 'not_found') ??
      null,
  );
  /** A large log is being read for the first time: more may turn up. */
  readonly isReading = $derived(
    this.status !== null && this.status.indexing.done_bytes < this.status.indexing.total_bytes,
  );
  private readonly underWay = new Map<string, Promise<unknown>>();

  constructor(private readonly client: Client) {}

  /** What is known of a layer's logged steps. */
  timeline(run: string, layer: string): TimelineColumns | undefined {
    return this.timelines.get(JSON.stringify([run, layer]));
  }

  /** Ask what is new; true if the generation changed. */
  async refreshStatus(): Promise<boolean> {
    const before = this.status?.generation;
    const status = await this.once('status', () => this.client.status());
    if (status) {
      this.status = status;
      this.answeredAt = Date.now() / 1000;
    }
    return status !== null && status.generation !== before;
  }

  /** Everything is about to be asked again. */
  forgetFailures(): void {
    if (this.failures.size > 0) this.failures = new Map();
  }

  /** Read the list of runs again. */
  async refreshRuns(): Promise<void> {
    const runs = await this.once('runs', () => this.client.runs());
    if (!runs) return;
    this.arePartial = this.isReading;
    this.runs = runs;
  }

  /** Read a run's users and items, again if `again`. */
  async loadCatalogue(run: string, again = false): Promise<void> {
    if (this.catalogues.has(run) && !again) return;
    const catalogue = await this.once(`catalogue ${run}`, () => this.client.catalogue(run));
    if (catalogue) this.catalogues = new Map(this.catalogues).set(run, catalogue);
  }

  /** Read a layer's new steps; true if the past changed too, so that frames must be forgotten. */
  async loadTimeline(run: string, layer: string): Promise<boolean> {
    const key = JSON.stringify([run, layer]);
    const known = this.timelines.get(key);
    const ask = (since?: number): Promise<TimelineColumns | null> =>
      this.once(`timeline ${key}`, () => this.client.timeline(run, layer, since));
    const later = await ask(known?.steps.at(-1));
    if (!later) return false;
    const extended = known ? extendTimeline(known, later) : later;
    const columns = extended ?? (await ask());
    if (columns) this.timelines = new Map(this.timelines).set(key, columns);
    return extended === null;
  }

  /** One request of a kind at a time; a failure is kept until the same request works. */
  private once<T>(name: string, ask: () => Promise<T>): Promise<T | null> {
    const known = this.underWay.get(name) as Promise<T | null> | undefined;
    if (known) return known;
    const promise = this.settle(name, ask()).finally(() => this.underWay.delete(name));
    this.underWay.set(name, promise);
    return promise;
  }

  private async settle<T>(name: string, promise: Promise<T>): Promise<T | null> {
    try {
      const value = await promise;
      this.note(name, null);
      return value;
    } catch (error) {
      if (!isAbort(error)) this.note(name, asApiError(error));
      return null;
    }
  }

  private note(name: string, error: ApiError | null): void {
    if (!error && !this.failures.has(name)) return;
    const failures = new Map(this.failures);
    if (error) failures.set(name, error);
    else failures.delete(name);
    this.failures = failures;
  }
}
