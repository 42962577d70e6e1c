/** The server's routes as functions. Addresses are relative, so `--path_prefix` needs no setting. */
import * as v from 'valibot';
import { decodeFrames, type Frame } from './decode';
import { COHORT, ROLLOUT } from './derived';
import { ApiError, isAbort, kindOf } from './errors';
import * as schema from './schema';

type Fetch = (url: string, init: RequestInit) => Promise<Response>;
type Query = Record<string, string | number | undefined>;

const STATUS_TIMEOUT_MS = 15_000;
/** The server waits for its database no longer than two seconds. */
const POST_TIMEOUT_MS = 10_000;

/** A layer of a run at a step. */
export type Side = { readonly run: string; readonly layer: string; readonly step: number };

/** Reads docs/http_api.md's routes; every failure is an `ApiError`. */
export class Client {
  /** `fetch` is replaced in tests. */
  constructor(private readonly fetch: Fetch = (url, init) => globalThis.fetch(url, init)) {}

  /** What the server is doing. */
  status(): Promise<schema.Status> {
    // A server that accepts and never answers must not stop the polling.
    return this.json('status', {}, schema.statusSchema, AbortSignal.timeout(STATUS_TIMEOUT_MS));
  }

  /** Runs, their layers and heads. */
  async runs(signal?: AbortSignal): Promise<schema.Run[]> {
    return (await this.json('runs', {}, schema.runsSchema, signal)).runs;
  }

  /** Users and items of one run. */
  catalogue(run: string, signal?: AbortSignal): Promise<schema.Catalogue> {
    return this.json('catalogue', { run }, schema.catalogueSchema, signal);
  }

  /** Numbered axes of an attempt, and the items on them. */
  axes(
    run: string,
    attempt: string,
    numbers: readonly number[],
    signal?: AbortSignal,
  ): Promise<schema.NumberedAxes> {
    const query = { run, attempt, axes: numbers.join(',') };
    return this.json('catalogue', query, schema.axesSchema, signal);
  }

  /** Logged steps of one layer; with `since`, only the later ones. */
  timeline(
    run: string,
    layer: string,
    since?: number,
    signal?: AbortSignal,
  ): Promise<schema.TimelineColumns> {
    return this.json('timeline', { run, layer, since }, schema.timelineSchema, signal);
  }

  /** Attention of one user and layer, or what the server computes in their place; see `derived.ts`. */
  async frames(
    run: string,
    layer: string,
    user: number,
    steps: string,
    signal?: AbortSignal,
  ): Promise<Frame[]> {
    const [route, query] =
      layer === ROLLOUT
        ? ['rollout', { run, user, steps }]
        : user === COHORT
          ? ['aggregate', { run, layer, steps }]
          : ['frames', { run, layer, user, steps }];
    return decodeFrames(await this.bytes(route, query, signal));
  }

  /** Top-k lists of one user. */
  recommendations(
    run: string,
    user: number,
    steps: string,
    signal?: AbortSignal,
  ): Promise<schema.RecommendationColumns> {
    return this.json('recommendations', { run, user, steps }, schema.recommendationsSchema, signal);
  }

  /** Numbers per head and step of one user. */
  measures(
    run: string,
    layer: string,
    user: number,
    signal?: AbortSignal,
  ): Promise<schema.Measures> {
    return this.json('measures', { run, layer, user }, schema.measuresSchema, signal);
  }

  /** Every head of one side against every head of the other, over the users both follow. */
  compare(a: Side, b: Side, signal?: AbortSignal): Promise<schema.Comparison> {
    const query = { ...a, other_run: b.run, other_layer: b.layer, other_step: b.step };
    return this.json('compare', query, schema.compareSchema, signal);
  }

  /** What each head does at a step, as a mean over the cohort. */
  headTypes(run: string, at: number, signal?: AbortSignal): Promise<schema.HeadTypes> {
    return this.json('head_types', { run, step: at }, schema.headTypesSchema, signal);
  }

  /** How far each head is, at every step, from what it is at the newest. */
  drift(run: string, layer: string, user: number, signal?: AbortSignal): Promise<schema.Drift> {
    return this.json('drift', { run, layer, user }, schema.driftSchema, signal);
  }

  /** The bytes a route answers. */
  async bytes(route: string, query: Query, signal?: AbortSignal): Promise<ArrayBuffer> {
    return body((await this.get(route, query, signal)).arrayBuffer());
  }

  /** The JSON a route answers, if it has the shape it should have. */
  async json<T extends v.GenericSchema>(
    route: string,
    query: Query,
    shape: T,
    signal?: AbortSignal,
  ): Promise<v.InferOutput<T>> {
    return checked(route, await this.get(route, query, signal), shape);
  }

  /** Send `content` with the page's `token`; the JSON that is answered, if it has the right shape. */
  async post<T extends v.GenericSchema>(
    route: string,
    content: unknown,
    token: string,
    shape: T,
  ): Promise<v.InferOutput<T>> {
    const response = await body(
      this.fetch(route, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Attn-Token': token },
        body: JSON.stringify(content),
        signal: AbortSignal.timeout(POST_TIMEOUT_MS),
      }),
    );
    if (!response.ok) throw await refusal(response);
    return checked(route, response, shape);
  }

  private async get(route: string, query: Query, signal?: AbortSignal): Promise<Response> {
    const pairs = Object.entries(query).flatMap(([k, value]) =>
      value === undefined ? [] : [[k, `${value}`]],
    );
    const search = new URLSearchParams(pairs).toString();
    const response = await body(
      this.fetch(search ? `${route}?${search}` : route, signal ? { signal } : {}),
    );
    if (!response.ok) throw await refusal(response);
    return response;
  }
}

async function checked<T extends v.GenericSchema>(
  route: string,
  response: Response,
  shape: T,
): Promise<v.InferOutput<T>> {
  const result = v.safeParse(shape, parse(await body(response.text())));
  if (result.success) return result.output;
  const issue = result.issues[0];
  const where = v.getDotPath(issue) ?? 'body';
  throw new ApiError('malformed', 'malformed', `/${route}: ${where}: ${issue.message}`);
}

/** A network promise whose failure, other than being called off, is `offline`. */
async function body<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError('offline', 'offline', 'TensorBoard does not answer');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function refusal(response: Response): Promise<ApiError> {
  const result = v.safeParse(schema.errorSchema, parse(await body(response.text())));
  const { code, message, hint } = result.success
    ? result.output.error
    : { code: `http_${response.status}`, message: `HTTP ${response.status}`, hint: '' };
  return new ApiError(kindOf(response.status, code), code, message, hint);
}
