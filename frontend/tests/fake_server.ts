/** A server in memory that speaks docs/http_api.md; tests change its log between questions. */
import { Client } from '../src/data/client';
import type {
  Catalogue,
  Comparison,
  Drift,
  Gap,
  HeadTypes,
  NumberedAxes,
  Run,
  TimelineColumns,
} from '../src/data/schema';
import { body, header, zip } from './frames_body';

const RAW = Uint8Array.from([0, 64, 128, 255]);

/** A run with one layer of two heads. */
export function run(name: string, more: Partial<Run> = {}): Run {
  const layer = {
    name: 'l0',
    index: 0,
    kind: 'self',
    head_count: 2,
    head_names: [],
    causal: false,
    query_axis: 'history',
    key_axis: 'history',
    mode: 'evaluation',
    dropout_stage: 'before_dropout',
    similarity: 'scaled_dot_product',
  };
  return {
    name,
    display_name: name,
    start_time_s: 0,
    last_wall_time_s: 0,
    step_count: 3,
    first_step: 0,
    last_step: 20,
    attempts: 1,
    cohort_size: 2,
    has_catalogue: true,
    has_recommendations: false,
    has_models: false,
    problem: null,
    hyperparameters: {},
    layers: [layer],
    ...more,
  };
}

/** Logged steps as `/timeline` lists them. */
export function columns(steps: number[], attempts = ['a'], gaps: Gap[] = []): TimelineColumns {
  return {
    run: 'a',
    layer: 'l0',
    generation: 1,
    steps,
    epochs: steps.map(() => null),
    wall_times_s: steps.map((step) => step / 2),
    attempt_of_step: steps.map(() => 0),
    attempts: attempts.map((id) => ({ id, start_time_s: null })),
    gaps,
  };
}

const user = (index: number) => ({
  index,
  id: `u-${index}`,
  label: '',
  attributes: {},
  axes: { history: [0, 1] },
  target_item: null,
});

/** Answers questions from what its fields say at the time. */
export class FakeServer {
  generation = 1;
  runs: Run[] = [run('a'), run('b')];
  steps = [0, 10, 20];
  attempts = ['a'];
  down = false;
  /** Items of the axis that all queries stand on; `null`: the user's history. */
  axis: (number | null)[] | null = null;
  /** Part of the log is still to be read. */
  reading = false;
  /** Routes that answer 503 `timeout`. */
  readonly refused = new Set<string>();
  readonly asked: string[] = [];
  readonly client = new Client((url) => this.answer(url));

  private answer(url: string): Promise<Response> {
    this.asked.push(url);
    if (this.down) return Promise.reject(new TypeError('down'));
    const [route = '', search] = url.split('?');
    const query = new URLSearchParams(search);
    if (this.refused.has(route)) return Promise.resolve(error(503, 'timeout'));
    if (['frames', 'rollout', 'aggregate'].includes(route))
      return Promise.resolve(this.frames(route));
    const known = this.runs.some(({ name }) => name === query.get('run'));
    if (query.has('run') && !known) return Promise.resolve(error(404, 'run_not_found'));
    return Promise.resolve(Response.json(this.json(route, query)));
  }

  private frames(route: string): Response {
    const raw = Uint8Array.from(route === 'rollout' ? RAW : [...RAW, ...RAW]);
    const made = {
      rollout: { layers: ['l0', 'l1'] },
      aggregate: { user: null, how: 'mean', cohort_size: 2 },
    }[route];
    const of = route === 'aggregate' ? { users: 2, users_of_query: [1, 2] } : {};
    const query_axis = this.axis ? 1 : null;
    const frames = this.steps.map((step) => header(raw, { step, query_axis, ...of }));
    const heads = route === 'rollout' ? 1 : 2;
    return new Response(body({ frames, chunks: [zip(raw)], heads, made: made ?? {} }));
  }

  private json(route: string, query: URLSearchParams): unknown {
    const { generation } = this;
    const since = Number(query.get('since') ?? Number.NEGATIVE_INFINITY);
    const answers: Record<string, () => unknown> = {
      status: () => ({
        generation,
        indexing: { done_bytes: this.reading ? 0 : 1, total_bytes: 1 },
        reader: 'index',
        version: '0',
        problems: [],
      }),
      runs: () => ({ generation, runs: this.runs }),
      catalogue: (): Catalogue | NumberedAxes =>
        query.has('axes')
          ? {
              run: 'a',
              attempt: 'a',
              axes: [{ number: 1, items: this.axis ?? [] }],
              items: [{ index: 7, id: 'seven', label: 'Seven', attributes: {} }],
              absent: [],
            }
          : { run: 'a', generation, users: [user(0), user(1)], items: [] },
      timeline: () =>
        columns(
          this.steps.filter((step) => step > since),
          this.attempts,
        ),
      compare: (): Comparison => ({
        a: { run: 'a', layer: 'l0', step: 20, head_count: 2 },
        b: { run: 'b', layer: 'l0', step: 20, head_count: 2 },
        of_users: 2,
        users: 2,
        rows: 4,
        shortened_users: 0,
        left_out: {},
        divergence_bits: [],
        top_count: 5,
        top_overlap: [],
        matches: [
          { head: 0, other_head: 1, similarity: 0.9, margin: 0.2, agreeing_users: 2 },
          { head: 1, other_head: 0, similarity: 0.8, margin: 0.1, agreeing_users: 1 },
        ],
      }),
      drift: (): Drift => ({
        run: 'a',
        layer: query.get('layer') ?? '',
        user: 0,
        to: 20,
        steps: [0, 20],
        divergence_bits: [
          [0.5, 0.4],
          [0, 0],
        ],
      }),
      head_types: (): HeadTypes => {
        const scores = { self: 0, previous: 0.7, near: 0.8, recent: 0.8, first: 0, evenness: 0.3 };
        const none = { same_category: null, even_category: null };
        const head = { type: 'previous', score: 0.7, scores: { ...scores, ...none } };
        const layer = { name: 'l0', step: 20, users: 2, cohort_size: 2, heads: [head, head] };
        return { run: query.get('run') ?? '', layers: [layer] };
      },
      measures: () => ({ run: 'a', layer: 'l0', user: 0, steps: [], measures: {} }),
    };
    return answers[route]?.();
  }
}

function error(status: number, code: string): Response {
  return Response.json({ error: { code, message: code, hint: '' } }, { status });
}
