/** Invented layers whose axes are no history: candidates over the history, fields over fields. */
import { makeTable } from './attention.mjs';

const FIELDS = ['age', 'country', 'device', 'weekday', 'hour', 'category', 'price band', 'season'];
const CANDIDATES = 10;
const FIRST_FIELD = 100_000;

const layer = (name, index, kind, query_axis, key_axis) => ({
  name,
  index,
  kind,
  head_count: 2,
  head_names: ['head 0', 'head 1'],
  causal: false,
  query_axis,
  key_axis,
  mode: 'evaluation',
  dropout_stage: 'before_dropout',
  similarity: 'scaled_dot_product',
});

/** Layers beside the self-attention of the invented runs. */
export const AXIS_LAYERS = [
  layer('din/target', 2, 'target', 'candidate', 'history'),
  layer('autoint/fields', 3, 'field', 'field', 'field'),
];

/** What `/frames` says of a frame of such a layer, besides what all frames have; `null` for others. */
export function tableAt(name, user, length, step) {
  if (name === 'autoint/fields') {
    const { raw, measures } = makeTable(700 + user, 2, FIELDS.length, FIELDS.length, step);
    const head = { query_length: FIELDS.length, key_length: FIELDS.length };
    return { raw, measures, head: { ...head, query_axis: 1, key_axis: 1 } };
  }
  if (name !== 'din/target') return null;
  const { raw, measures } = makeTable(500 + user, 2, CANDIDATES, length, step);
  const head = { query_length: CANDIDATES, key_length: length };
  return { raw, measures, head: { ...head, query_axis: 2 + user * 10_000 + step, key_axis: null } };
}

/** `/catalogue` with `axes`. */
export function axesAnswer({ run, attempt, axes }, items, candidatesOf) {
  const fields = FIELDS.map((label, i) => ({
    index: FIRST_FIELD + i,
    id: label,
    label,
    attributes: {},
  }));
  const found = axes.split(',').map((text) => {
    const number = Number(text);
    if (number === 1) return { number, items: fields.map(({ index }) => index) };
    const [user, step] = [Math.floor((number - 2) / 10_000), (number - 2) % 10_000];
    return { number, items: candidatesOf(user, step).slice(0, CANDIDATES) };
  });
  return { run, generation: 1, attempt, axes: found, items: [...items, ...fields], absent: [] };
}
