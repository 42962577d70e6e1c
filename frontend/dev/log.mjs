/** An invented log behind the routes of docs/http_api.md: two runs, one of them still training. */
import { container, crc32c, makeFrame, noise, subtract } from './attention.mjs';
import { axesAnswer, AXIS_LAYERS, tableAt } from './axes.mjs';
import { makeItems } from './titles.mjs';

const HEADS = 4;
const GROUP = 16;
const START_S = 1795530000;
const ITEMS = makeItems(160);
const LENGTHS = [50, 12, 31, 24, 44, 18, 37, 28];

const users = LENGTHS.map((length, index) => ({
  index,
  id: `u-${(0x3f9a1c + index * 7919).toString(16)}`,
  label: `User ${index + 1}`,
  attributes: {
    history: `${length} items`,
    country: ['United Kingdom', 'France', 'EIRE'][index % 3],
  },
  axes: { history: Array.from({ length }, (_, k) => Math.floor(noise(index, k) * 160)) },
  target_item: Math.floor(noise(index, 999) * 160),
}));

const GAPS = [
  {
    first_step: 96,
    last_step: 127,
    frame_count: 32,
    reason: 'dropped',
    detail: 'writer queue full',
  },
  {
    first_step: 201,
    last_step: 203,
    frame_count: 3,
    reason: 'rejected',
    detail: 'row sums to 0.71',
  },
];

const isGap = (step) => GAPS.some((g) => g.first_step <= step && step <= g.last_step);
const stepsTo = (last) => Array.from({ length: last + 1 }, (_, s) => s).filter((s) => !isGap(s));
const layerOf = (index) => ({
  name: `block_${index}/attention`,
  index,
  kind: 'self',
  head_count: HEADS,
  head_names: ['head 0', 'head 1', 'head 2', 'head 3'],
  causal: true,
  query_axis: 'history',
  key_axis: 'history',
  mode: 'evaluation',
  dropout_stage: 'before_dropout',
  similarity: 'scaled_dot_product',
});

/** The state of the invented log; `state.last` grows while `live`. */
export const state = {
  generation: 1,
  last: 300,
  runs: ['d32/attention', 'd64/attention'],
  problems: [],
};

const frames = new Map();

/** A frame, made once. */
function frameAt(run, layer, user, step) {
  const key = `${run} ${layer} ${user} ${step}`;
  const seed = state.runs.indexOf(run) * 100 + Number(layer.slice(6, 7)) * 10 + user;
  if (!frames.has(key)) {
    const table = tableAt(layer, user, LENGTHS[user], step);
    frames.set(key, table ?? makeFrame(seed, HEADS, LENGTHS[user], step));
  }
  return frames.get(key);
}

const lastOf = (run) => (run === 'd64/attention' ? 220 : state.last);
const epochOf = (step) => step / 40;
const wallOf = (step) => START_S + step * 0.9 + (step > 150 ? 40 : 0);

function runOf(name) {
  const steps = stepsTo(lastOf(name));
  return {
    name,
    display_name: name.replace('/attention', ''),
    start_time_s: START_S,
    last_wall_time_s: state.live ? Date.now() / 1000 : wallOf(steps.at(-1)),
    step_count: steps.length,
    first_step: 0,
    last_step: steps.at(-1),
    attempts: 1,
    cohort_size: users.length,
    has_catalogue: true,
    has_recommendations: true,
    problem: null,
    hyperparameters: { dimension: Number(name.slice(1, 3)) },
    layers: [layerOf(0), layerOf(1), ...AXIS_LAYERS],
  };
}

/** The steps a `steps=` parameter stands for, and those of them that are absent. */
function chosen(text, logged) {
  const found = new Set();
  const absent = [];
  for (const part of text.split(',')) {
    const [, from, to] = part.match(/^(\d+)-(\d+)$/) ?? [];
    const [, before] = part.match(/^at-or-before:(\d+)$/) ?? [];
    if (part === 'latest') found.add(logged.at(-1));
    else if (before)
      logged
        .filter((s) => s <= Number(before))
        .slice(-1)
        .forEach((s) => found.add(s));
    else if (from)
      logged.filter((s) => s >= Number(from) && s <= Number(to)).forEach((s) => found.add(s));
    else if (logged.includes(Number(part))) found.add(Number(part));
    else absent.push({ step: Number(part), reason: 'not_logged', detail: '' });
  }
  return { steps: [...found].sort((a, b) => a - b), absent };
}

function frameRoute({ run, layer, user, steps: text }) {
  const { steps, absent } = chosen(text, stepsTo(lastOf(run)));
  const chunks = [];
  const places = new Map();
  const placeOf = (step, bytes, reference) => {
    if (!places.has(step)) places.set(step, chunks.push({ bytes: bytes(), reference }) - 1);
    return places.get(step);
  };
  const listed = steps.map((step) => {
    const { raw, head } = frameAt(run, layer, Number(user), step);
    const key = step - (step % GROUP);
    const keyRaw = () => frameAt(run, layer, Number(user), key).raw;
    const keyChunk = key === step ? null : placeOf(key, keyRaw, null);
    return {
      step,
      epoch: epochOf(step),
      wall_time_s: wallOf(step),
      attempt: 'a',
      sequence: step,
      query_length: LENGTHS[user],
      key_length: LENGTHS[user],
      query_offset: 0,
      key_offset: 0,
      query_axis: null,
      key_axis: null,
      encoding: 'U8_SQRT',
      layout: head ? 'FULL' : 'LOWER_TRIANGLE',
      raw_bytes: raw.length,
      crc32c: step === 150 ? 1 : crc32c(raw),
      chunk: placeOf(step, () => (keyChunk === null ? raw : subtract(raw, keyRaw())), keyChunk),
      ...head,
    };
  });
  const header = {
    format_version: 1,
    run,
    layer,
    user: Number(user),
    head_count: AXIS_LAYERS.find(({ name }) => name === layer)?.head_count ?? HEADS,
    frames: listed,
    absent,
  };
  return container(header, chunks);
}

function topAt(user, step) {
  const scored = ITEMS.map(({ index }) => {
    const wobble = 0.6 * Math.sin(step / 23 + index) * Math.exp(-step / 200);
    const isTarget = index === users[user].target_item;
    return [
      index,
      3 * noise(user, index, 5) + 6 + wobble + (isTarget ? Math.min(3.2, step / 60) : 0),
    ];
  });
  return scored.sort((a, b) => b[1] - a[1]);
}

function recommendationRoute({ run, user, steps: text }) {
  const { steps, absent } = chosen(text, stepsTo(lastOf(run)));
  const lists = steps.map((step) => topAt(Number(user), step));
  const target = users[user].target_item;
  const rank = (list) => list.findIndex(([item]) => item === target);
  return {
    run,
    user: Number(user),
    steps,
    items: lists.map((list) => list.slice(0, 10).map(([item]) => item)),
    scores: lists.map((list) => list.slice(0, 10).map(([, score]) => score)),
    target_ranks: lists.map((list) => rank(list) + 1),
    target_scores: lists.map((list) => list[rank(list)][1]),
    seen_removed: true,
    absent,
  };
}

function measureRoute({ run, layer, user }) {
  const steps = stepsTo(lastOf(run));
  const all = steps.map((step) => frameAt(run, layer, Number(user), step).measures);
  const names = Object.keys(all[0]);
  const measures = Object.fromEntries(names.map((name) => [name, all.map((m) => m[name])]));
  return { run, layer, user: Number(user), steps, measures };
}

function timelineRoute({ run, layer, since }) {
  const steps = stepsTo(lastOf(run)).filter((step) => since === undefined || step > Number(since));
  return {
    run,
    layer,
    generation: state.generation,
    steps,
    epochs: steps.map(epochOf),
    wall_times_s: steps.map(wallOf),
    attempt_of_step: steps.map(() => 0),
    attempts: [{ id: 'a', start_time_s: START_S }],
    gaps: GAPS.filter((gap) => since === undefined || gap.last_step > Number(since)),
  };
}

/** Routes by name; each takes the query and returns JSON or bytes. */
export const ROUTES = {
  status: () => ({
    generation: state.generation,
    indexing: { done_bytes: 1048576, total_bytes: 1048576 },
    reader: 'index',
    version: '0.1.0',
    problems: state.problems,
  }),
  runs: () => ({ generation: state.generation, runs: state.runs.map(runOf) }),
  catalogue: (query) =>
    'axes' in query
      ? axesAnswer(query, ITEMS, (user, step) => topAt(user, step).map(([item]) => item))
      : { run: query.run, generation: state.generation, users, items: ITEMS },
  timeline: timelineRoute,
  frames: frameRoute,
  recommendations: recommendationRoute,
  measures: measureRoute,
};

/** TensorBoard's own scalars beside an invented run, as its scalars plugin answers. */
export function scalarRoute(name, { run, tag }) {
  if (name === 'tags') {
    const runs = state.runs.map((known) => known.replace('/attention', '/train'));
    return Object.fromEntries(runs.map((known) => [known, { loss: {}, 'NDCG@10': {} }]));
  }
  const steps = stepsTo(lastOf(`${run?.split('/')[0]}/attention`)).filter((s) => s % 5 === 0);
  const valueOf = (step) =>
    tag === 'loss' ? 2 + 6 * Math.exp(-step / 90) : 0.25 - 0.2 * Math.exp(-step / 120);
  return steps.map((step) => [wallOf(step), step, valueOf(step) + 0.02 * noise(step, 7)]);
}
