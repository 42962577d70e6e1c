/** What is seen, as short readable keys of the address; defaults are left out. */
import { SCALE_KINDS, type ScaleKind } from '../color/scale';
import { TABLE_NAMES, type TableName } from '../color/tables';
import type { Aggregate } from '../data/reduced';
import type { Cell } from '../heatmap/geometry';
import type { Reference } from './recommendations';

/** The centre of the tab. */
export type ViewName = 'recommendations' | 'heads' | 'head' | 'evolution' | 'compare';
/** How much the recommendations say, from a sentence to formulas. */
export type LevelName = (typeof LEVELS)[number];
/** Whose attention stands beside the history: all heads of the last layer, or the chosen head. */
export type SourceName = (typeof SOURCES)[number];
/** Languages an address can ask for. */
export type LanguageName = (typeof LANGUAGES)[number];
/** How heads are ordered. */
export type SortName = 'position' | 'entropy';
/** What the writer measures of each head. */
export type MeasureName = (typeof MEASURES)[number];
/** What curves can show: a measure, or what the server computes of all steps. */
export type CurveName = MeasureName | 'drift';
/** How a head is drawn. */
export type ShapeName = 'matrix' | 'flow';
/** What is pictured of attention too long to be kept whole: an overview, or the row that predicts. */
export type OverviewName = Aggregate | 'row';
/** Which queries a flow shows. */
export type RowsName = 'all' | 'last';
/** What orders the evidence of a recommendation: what removing does, or where the model looks. */
export type OrderName = (typeof ORDERS)[number];
/** What the timeline's axis counts. */
export type AxisName = 'step' | 'epoch' | 'wall';

/** Everything an address can say; what is `undefined` is left to the tab. */
export interface Link {
  run?: string;
  layer?: string;
  user?: string;
  head?: number;
  step?: number;
  live?: boolean;
  view?: ViewName;
  level?: LevelName;
  source?: SourceName;
  /** What moves in the list are counted from. */
  since?: Reference;
  /** The id of the item whose details are shown. */
  item?: string;
  /** The cell of the large heatmap that is looked at. */
  cell?: Cell;
  loop?: boolean;
  /** The stretch that is looped, both ends included. */
  range?: StepRange;
  speed?: number;
  /** A scalar above the timeline, as `run/tag`; nothing means loss and NDCG. */
  curve?: string;
  axis?: AxisName;
  scale?: ScaleKind;
  colours?: TableName;
  top?: Top;
  measure?: CurveName;
  /** Order of heads within a layer. */
  sort?: SortName;
  /** Pictures and numbers of heads are means over the cohort. */
  mean?: boolean;
  /** The rollout stands beside the heads. */
  rollout?: boolean;
  shape?: ShapeName;
  overview?: OverviewName;
  /** Lines of each query in a flow. */
  edges?: number;
  rows?: RowsName;
  /** Panels of the comparison: see `panel_link.ts`. */
  compare?: string;
  lang?: LanguageName;
  order?: OrderName;
  /** The id of the item the one in the details is compared with. */
  than?: string;
  /** The what-if is open. */
  whatif?: boolean;
  /** What it changes, one text a variant: see `data/edit.ts`. */
  edit?: string;
  variant?: number;
  /** A run beside the chosen one, given the same changes. */
  other?: string;
  /** The computation of a head is open. */
  drawer?: boolean;
}

/** A stretch of steps, both ends included. */
export interface StepRange {
  readonly first: number;
  readonly last: number;
}

/** Upper end of the scale; `auto` is the largest weight that was loaded. */
export type Top = number | 'auto';
/** Upper ends the scale can have. */
export const TOPS: Top[] = [1, 0.5, 0.25, 0.1, 'auto'];

/** Measures in the order they are offered; the first is the default. */
export const MEASURES = [
  'entropy_bits',
  'recency',
  'sink_share',
  'maximum',
  'effective_span',
  'head_similarity',
  'importance',
] as const;
/** What curves can show, in the order it is offered. */
export const CURVES: readonly CurveName[] = [...MEASURES, 'drift'];
/** Ways to draw a head; the first is the default. */
export const SHAPES: ShapeName[] = ['matrix', 'flow'];
/** What can be pictured of reduced attention; the first is the default. */
export const OVERVIEWS: OverviewName[] = ['mean', 'maximum', 'row'];
/** Queries of a flow; the first is the default. */
export const ROWS: RowsName[] = ['all', 'last'];
/** The most lines of a query. */
export const MOST_EDGES = 10;
/** All languages. */
export const LANGUAGES = ['en', 'zh'] as const;
/** Orders of heads; the first is the default. */
export const SORTS: SortName[] = ['position', 'entropy'];
/** Views in the order they are offered; the first opens first. */
export const VIEWS: ViewName[] = ['recommendations', 'heads', 'head', 'evolution', 'compare'];
/** Levels from simple to complete. */
export const LEVELS = ['simple', 'evidence', 'matrix', 'formulas'] as const;
/** Sources of the attention beside the history; the first is the default. */
export const SOURCES = ['mean', 'head'] as const;
/** Orders of evidence; the first is the default. */
export const ORDERS = ['effect', 'attention'] as const;
/** Speeds of the player. */
export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];
const AXES: AxisName[] = ['step', 'epoch', 'wall'];

/** What is shown when an address says nothing; such values are not written. */
export const DEFAULTS = {
  head: 0,
  live: false,
  view: 'recommendations',
  level: 'evidence',
  source: 'mean',
  since: 'first',
  loop: false,
  speed: 1,
  axis: 'step',
  scale: 'sqrt',
  colours: 'cividis',
  top: 1,
  measure: 'entropy_bits',
  sort: 'position',
  mean: false,
  rollout: false,
  shape: 'matrix',
  overview: 'mean',
  edges: 3,
  rows: 'all',
  order: 'effect',
  whatif: false,
  variant: 0,
  drawer: false,
} as const;

/** Read an address; values that make no sense are left out. */
export function parseLink(values: ReadonlyMap<string, string>): Link {
  const link: Link = {
    ...text('run', values.get('run')),
    ...text('layer', values.get('layer')),
    ...text('user', values.get('user')),
    ...text('compare', values.get('compare')),
    ...oneOf('view', VIEWS, values.get('view')),
    ...text('item', values.get('item')),
    ...text('curve', values.get('curve')),
    ...oneOf('level', LEVELS, values.get('level')),
    ...oneOf('source', SOURCES, values.get('source')),
    ...oneOf('since', ['first', 'previous'], values.get('since')),
    ...oneOf('axis', AXES, values.get('axis')),
    ...oneOf('scale', SCALE_KINDS, values.get('scale')),
    ...oneOf('colours', TABLE_NAMES, values.get('colours')),
    ...oneOf('measure', CURVES, values.get('measure')),
    ...oneOf('shape', SHAPES, values.get('shape')),
    ...oneOf('overview', OVERVIEWS, values.get('overview')),
    ...oneOf('rows', ROWS, values.get('rows')),
    ...oneOf('sort', SORTS, values.get('sort')),
    ...oneOf('lang', LANGUAGES, values.get('lang')),
    ...oneOf('order', ORDERS, values.get('order')),
    ...text('than', values.get('than')),
    ...text('edit', values.get('edit')),
    ...text('other', values.get('other')),
  };
  const head = integer(values.get('head'));
  const step = integer(values.get('step'));
  const since = integer(values.get('since'));
  const range = pairOf(values.get('range'));
  const cell = pairOf(values.get('cell'));
  const speed = SPEEDS.find((known) => String(known) === values.get('speed'));
  const topText = values.get('top');
  const top = TOPS.find((known) => String(known) === topText);
  if (head !== null && head >= 0) link.head = head;
  if (step !== null) link.step = step;
  if (top !== undefined) link.top = top;
  if (since !== null) link.since = since;
  if (range && range[0] < range[1]) link.range = { first: range[0], last: range[1] };
  if (cell && cell[0] >= 0 && cell[1] >= 0) link.cell = { query: cell[0], key: cell[1] };
  if (speed !== undefined) link.speed = speed;
  if (values.get('loop') === '1') link.loop = true;
  if (values.get('live') === '1') link.live = true;
  if (values.get('mean') === '1') link.mean = true;
  if (values.get('rollout') === '1') link.rollout = true;
  if (values.get('whatif') === '1') link.whatif = true;
  if (values.get('drawer') === '1') link.drawer = true;
  const variant = integer(values.get('variant'));
  if (variant !== null && variant >= 0) link.variant = variant;
  const edges = integer(values.get('edges'));
  if (edges !== null && edges >= 1 && edges <= MOST_EDGES) link.edges = edges;
  return link;
}

/** Write an address. */
export function formatLink(link: Link): Map<string, string> {
  const values = new Map<string, string>();
  for (const [key, value] of Object.entries(link) as [keyof Link, Link[keyof Link]][]) {
    const isDefault = key in DEFAULTS && DEFAULTS[key as keyof typeof DEFAULTS] === value;
    if (value !== undefined && !isDefault) values.set(key, written(value));
  }
  return values;
}

function written(value: NonNullable<Link[keyof Link]>): string {
  if (typeof value === 'object') return Object.values(value).join('-');
  return value === true ? '1' : String(value);
}

function pairOf(text: string | undefined): readonly [number, number] | null {
  const [, one, other] = text?.match(/^(-?\d{1,15})-(-?\d{1,15})$/) ?? [];
  return one === undefined || other === undefined ? null : [Number(one), Number(other)];
}

function text<K extends keyof Link>(key: K, value: string | undefined): Partial<Link> {
  return value ? { [key]: value } : {};
}

function oneOf<K extends keyof Link>(
  key: K,
  known: readonly string[],
  value: string | undefined,
): Partial<Link> {
  return value !== undefined && known.includes(value) ? { [key]: value } : {};
}

function integer(value: string | undefined): number | null {
  return value !== undefined && /^-?\d{1,15}$/.test(value) ? Number(value) : null;
}
