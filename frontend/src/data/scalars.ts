/**
 * TensorBoard's own scalars, for curves above the timeline. They are a courtesy of another plugin: what is
 * not there, or not as expected, is simply not drawn.
 */
import * as v from 'valibot';

type Fetch = (url: string) => Promise<Response>;

const tagsSchema = v.pipe(
  v.unknown(),
  v.check((value) => !Array.isArray(value)),
  v.record(v.string(), v.record(v.string(), v.unknown())),
);
/** TensorBoard writes NaN and infinities as words. */
const value = v.union([v.number(), v.string()]);
const pointsSchema = v.array(v.tuple([v.number(), v.number(), value]));

/** One scalar over training, as columns. */
export interface ScalarColumns {
  readonly wallTimes: readonly number[];
  readonly steps: readonly number[];
  readonly values: readonly (number | null)[];
}

/** Reads the scalars plugin's routes, beside our own. */
export class ScalarClient {
  /** `fetch` is replaced in tests. */
  constructor(private readonly fetch: Fetch = (url) => globalThis.fetch(url)) {}

  /** Names of scalars by run; empty where there is no scalars plugin. */
  async tags(): Promise<ReadonlyMap<string, readonly string[]>> {
    const known = await this.json('tags', tagsSchema);
    return new Map(Object.entries(known ?? {}).map(([run, tags]) => [run, Object.keys(tags)]));
  }

  /** One scalar of one run; `null` where it cannot be had. */
  async series(run: string, tag: string): Promise<ScalarColumns | null> {
    const search = new URLSearchParams({ run, tag }).toString();
    const points = await this.json(`scalars?${search}`, pointsSchema);
    if (!points) return null;
    return {
      wallTimes: points.map(([wallTime]) => wallTime),
      steps: points.map(([, step]) => step),
      values: points.map(([, , value]) => (typeof value === 'number' ? value : null)),
    };
  }

  private async json<T extends v.GenericSchema>(
    route: string,
    shape: T,
  ): Promise<v.InferOutput<T> | null> {
    try {
      const response = await this.fetch(`../scalars/${route}`);
      const result = v.safeParse(shape, response.ok ? await response.json() : null);
      return result.success ? result.output : null;
    } catch {
      return null;
    }
  }
}
