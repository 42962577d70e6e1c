/** What is seen, as short readable keys of the address; defaults are left out. */
import { SCALE_KINDS, type ScaleKind } from '../color/scale';
import { TABLE_NAMES, type TableName } from '../color/tables';

/** The centre of the tab. */
export type ViewName = 'heads' | 'head' | 'evolution' | 'compare';
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
/** Which queries a flow shows. */
export type RowsName = 'all' | 'last';
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
  /** Lines of each query in a flow. */
  edges?: number;
  rows?: RowsName;
  /** Panels of the comparison: see `panel_link.ts`. */
  compare?: string;
  lang?: LanguageName;
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
/** Queries of a flow; the first is the default. */
export const ROWS: RowsName[] = ['all', 'last'];
/** The most lines of a query. */
export const MOST_EDGES = 10;
/** All languages. */
export const LANGUAGES = ['en', 'zh'] as const;
/** Orders of heads; the first is the default. */
export const SORTS: SortName[] = ['position', 'entropy'];
/** Views in the order they are offered. */
export const VIEWS: ViewName[] = ['heads', 'head', 'evolution', 'compare'];
const AXES: AxisName[] = ['step', 'epoch', 'wall'];

/** What is shown when an address says nothing; such values are not written. */
export const DEFAULTS = {
  head: 0,
  live: false,
  view: 'heads',
  axis: 'step',
  scale: 'sqrt',
  colours: 'cividis',
  top: 1,
  measure: 'entropy_bits',
  sort: 'position',
  mean: false,
  rollout: false,
  shape: 'matrix',
  edges: 3,
  rows: 'all',
} as const;

/** Read an address; values that make no sense are left out. */
export function parseLink(values: ReadonlyMap<string, string>): Link {
  const link: Link = {
    ...text('run', values.get('run')),
    ...text('layer', values.get('layer')),
    ...text('user', values.get('user')),
    ...text('compare', values.get('compare')),
    ...oneOf('view', VIEWS, values.get('view')),
    ...oneOf('axis', AXES, values.get('axis')),
    ...oneOf('scale', SCALE_KINDS, values.get('scale')),
    ...oneOf('colours', TABLE_NAMES, values.get('colours')),
    ...oneOf('measure', CURVES, values.get('measure')),
    ...oneOf('shape', SHAPES, values.get('shape')),
    ...oneOf('rows', ROWS, values.get('rows')),
    ...oneOf('sort', SORTS, values.get('sort')),
    ...oneOf('lang', LANGUAGES, values.get('lang')),
  };
  const head = integer(values.get('head'));
  const step = integer(values.get('step'));
  const topText = values.get('top');
  const top = TOPS.find((known) => String(known) === topText);
  if (head !== null && head >= 0) link.head = head;
  if (step !== null) link.step = step;
  if (top !== undefined) link.top = top;
  if (values.get('live') === '1') link.live = true;
  if (values.get('mean') === '1') link.mean = true;
  if (values.get('rollout') === '1') link.rollout = true;
  const edges = integer(values.get('edges'));
  if (edges !== null && edges >= 1 && edges <= MOST_EDGES) link.edges = edges;
  return link;
}

/** Write an address. */
export function formatLink(link: Link): Map<string, string> {
  const values = new Map<string, string>();
  for (const [key, value] of Object.entries(link) as [keyof Link, Link[keyof Link]][]) {
    const isDefault = key in DEFAULTS && DEFAULTS[key as keyof typeof DEFAULTS] === value;
    if (value !== undefined && !isDefault) values.set(key, value === true ? '1' : String(value));
  }
  return values;
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
