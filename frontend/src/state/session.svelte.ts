/** Everything the views show, in one object: what is chosen, joined with what the server has. */
import { Client } from '../data/client';
import { COHORT, ROLLOUT } from '../data/derived';
import type { Frame } from '../data/decode';
import { ScalarClient } from '../data/scalars';
import type { Catalogue, Item, Layer, Run, TimelineColumns, User } from '../data/schema';
import { indexAtOrBefore } from '../data/steps';
import { RunPalette } from '../color/run_palette';
import { Axes } from './axes.svelte';
import { Clips } from './clips.svelte';
import { CohortTypesOfRun } from './cohort_types.svelte';
import { Compare } from './compare.svelte';
import { loggedLayers, rolloutOf, timelineOf } from './derived';
import { overviewFrame } from '../analysis/overview';
import { Display } from './display.svelte';
import { Explaining } from './explaining.svelte';
import { Evolution } from './evolution.svelte';
import { HeadMatch } from './head_match.svelte';
import type { Host } from './host';
import type { Link, OverviewName } from './link';
import { LinkWriter } from './link_writer';
import { Log } from './log.svelte';
import { Measurements } from './measurements.svelte';
import { Notices } from './notices.svelte';
import { Preferences } from './preferences.svelte';
import { Reading } from './reading.svelte';
import { Scalars } from './scalars.svelte';
import { Metrics } from './metrics.svelte';
import { Selection } from './selection.svelte';
import { Series } from './series.svelte';
import { Timeline } from './timeline.svelte';

/** What fills the tab. */
export type Phase = 'loading' | 'empty' | 'gone' | 'problem' | 'ready';

const NO_ITEMS: ReadonlyMap<number, Item> = new Map();
const itemMaps = new WeakMap<Catalogue, ReadonlyMap<number, Item>>();

/** State of one tab; `wire` sets it in motion. */
export class Session {
  readonly notices = new Notices();
  readonly selection = new Selection(this.notices);
  readonly timeline = new Timeline();
  readonly display = new Display();
  readonly compare = new Compare();
  readonly reading = new Reading();
  readonly explaining = new Explaining();
  readonly preferences: Preferences;
  readonly scalars: Scalars;
  readonly log: Log;
  readonly axes: Axes;
  readonly clips: Clips;
  readonly series: Series;
  readonly evolution: Evolution;
  readonly measurements: Measurements;
  /** Distances of every step to the newest, as measures called `drift`. */
  readonly drift: Measurements;
  readonly cohortTypes: CohortTypesOfRun;
  readonly metrics: Metrics;
  readonly headMatch: HeadMatch;
  readonly writer: LinkWriter;
  private readonly palette = new RunPalette();

  readonly run = $derived.by<Run | null>(
    () => this.log.runs?.find((run) => run.name === this.selection.run) ?? null,
  );
  readonly layers = $derived<Layer[]>(loggedLayers(this.run));
  /** All self-attention layers as one, if there are several. */
  readonly rollout = $derived<Layer | null>(rolloutOf(this.layers));
  readonly layer = $derived<Layer | null>(
    [...this.layers, this.rollout].find((layer) => layer?.name === this.selection.layer) ?? null,
  );
  readonly users = $derived<readonly User[]>(this.run ? this.usersOf(this.run) : []);
  readonly user = $derived<User | null>(
    this.users.find((u) => u.id === this.selection.user) ?? null,
  );
  readonly items = $derived<ReadonlyMap<number, Item>>(this.itemsOf(this.run?.name ?? ''));
  readonly columns = $derived<TimelineColumns | null>(this.columnsOf(this.layer));
  readonly phase = $derived.by<Phase>(() => this.phaseNow());

  /** `client` is replaced in tests. */
  constructor(
    readonly host: Host,
    readonly client = new Client(),
    scalarClient = new ScalarClient(),
  ) {
    this.preferences = new Preferences(host);
    this.scalars = new Scalars(scalarClient);
    this.log = new Log(client);
    this.axes = new Axes(client);
    this.clips = new Clips(client, this.axes);
    this.series = new Series(client);
    this.evolution = new Evolution(client, this.axes);
    this.measurements = new Measurements(client);
    this.drift = new Measurements(client, async ({ run, layer, user }) => {
      const { steps, divergence_bits: drift } = await client.drift(run, layer, user);
      return { run, layer, user, steps, measures: { drift } };
    });
    this.cohortTypes = new CohortTypesOfRun(client);
    this.metrics = new Metrics(scalarClient);
    this.headMatch = new HeadMatch(client);
    this.writer = new LinkWriter(host);
  }

  /** Items of any run by number; empty until its catalogue is known. */
  itemsOf(run: string): ReadonlyMap<number, Item> {
    const catalogue = this.log.catalogues.get(run);
    if (!catalogue) return NO_ITEMS;
    const known = itemMaps.get(catalogue);
    const items = known ?? new Map(catalogue.items.map((item) => [item.index, item]));
    itemMaps.set(catalogue, items);
    return items;
  }

  /** Logged steps of a layer of the chosen run. */
  columnsOf(layer: Layer | null): TimelineColumns | null {
    if (!this.run || !layer) return null;
    return this.log.timeline(this.run.name, timelineOf(this.layers, layer.name)) ?? null;
  }

  /** A run's colour, the same for as long as the tab lives. */
  colourOf(run: Run): string {
    this.palette.learn((this.log.runs ?? []).map(({ name }) => name));
    return this.palette.colourOf(run.name, this.display.dark);
  }

  /** The step a layer shows: the latest logged one at or before the cursor. */
  shownStep(layer: Layer): number | null {
    const { cursor } = this.timeline;
    const steps = this.columnsOf(layer)?.steps ?? [];
    return cursor === null ? null : (steps[indexAtOrBefore(steps, cursor)] ?? null);
  }

  /** The frame a layer shows; `undefined` while it is on its way. */
  frameOf(layer: Layer): Frame | undefined {
    const step = this.shownStep(layer);
    if (!this.run || !this.user || step === null) return undefined;
    return this.clips.frame(this.run.name, layer.name, this.user.index, step);
  }

  /** Whether pictures of a layer are means over the cohort, in the views that have them. */
  isMean(layer: Layer): boolean {
    const { view } = this.selection;
    return this.display.mean && layer.name !== ROLLOUT && (view === 'heads' || view === 'head');
  }

  /** What is pictured of attention too long to be kept whole; some views are of the last row only. */
  get overview(): OverviewName {
    const { view } = this.selection;
    const { overview, shape } = this.display;
    if (view === 'compare') return overview === 'row' ? 'mean' : overview;
    if (view === 'evolution' || (view !== 'heads' && shape === 'flow')) return 'row';
    return view === 'recommendations' && this.reading.shows('formulas') ? 'row' : overview;
  }

  /** The picture of a layer's frame: the frame itself, or the overview if it was reduced. */
  pictureOf(frame: Frame | undefined, layer: Layer | null): Frame | undefined {
    const { overview } = this;
    return overview === 'row' ? frame : overviewFrame(frame, overview, layer?.causal ?? false);
  }

  /** The frame of a layer in the picture: the user's, or the cohort's mean. */
  picturedFrame(layer: Layer): Frame | undefined {
    const step = this.shownStep(layer);
    if (!this.isMean(layer)) return this.pictureOf(this.frameOf(layer), layer);
    if (!this.run || step === null) return undefined;
    return this.clips.frame(this.run.name, layer.name, COHORT, step);
  }

  /** Item indices along one axis of a layer, for the chosen user; empty when not known. */
  axisItems(axis: string): readonly number[] {
    return this.user?.axes[axis] ?? [];
  }

  /** What an address would have to say to show this again. */
  currentLink(): Link {
    const { selection: s, timeline: t, display: d } = this;
    const following = t.mode === 'following';
    return {
      ...(s.run === null ? {} : { run: s.run }),
      ...(s.layer === null || s.layer === this.layers[0]?.name ? {} : { layer: s.layer }),
      ...(s.user === null || s.user === this.users[0]?.id ? {} : { user: s.user }),
      ...(following || t.cursor === null ? {} : { step: t.cursor }),
      head: s.head,
      live: following,
      view: s.view,
      level: this.reading.level,
      source: this.reading.source,
      since: this.reading.since,
      ...(this.reading.item === null ? {} : { item: this.reading.item }),
      ...(this.scalars.choice ? { curve: this.scalars.choice } : {}),
      ...(this.reading.cell && this.showsCell ? { cell: this.reading.cell } : {}),
      loop: t.loop,
      ...(t.range ? { range: t.range } : {}),
      speed: t.speed,
      axis: t.axis,
      scale: d.scale,
      colours: d.colours,
      top: d.top,
      measure: d.measure,
      sort: d.sort,
      mean: d.mean,
      rollout: d.rollout,
      shape: d.shape,
      overview: d.overview,
      edges: d.edges,
      rows: d.rows,
      ...(d.language ? { lang: d.language } : {}),
      ...(this.compare.link ? { compare: this.compare.link } : {}),
      ...this.explaining.link,
    };
  }

  /** Whether colours stand for attention somewhere on screen. */
  get showsPictures(): boolean {
    return this.selection.view !== 'recommendations' || this.reading.shows('matrix');
  }

  /** Whether there is a large heatmap, in which a cell can be looked at. */
  get showsCell(): boolean {
    const { view } = this.selection;
    return view === 'head' || (view === 'recommendations' && this.reading.shows('matrix'));
  }

  /** What a reader chose, as one comparable text; `null` until there is something to choose from. */
  currentChoice(): string | null {
    const { run, layer, user, columns, selection } = this;
    if (!run || !layer || !user || !columns) return null;
    return JSON.stringify([
      run.name,
      layer.name,
      user.id,
      selection.head,
      selection.view,
      this.reading.choice,
      this.explaining.choice,
      this.compare.link,
    ]);
  }

  /** Show what an address says. */
  take(link: Link): void {
    this.selection.take(link);
    this.display.take(link);
    this.compare.take(link.compare);
    this.reading.take(link);
    this.explaining.take(link);
    this.scalars.choice = link.curve ?? '';
    this.timeline.take(link);
  }

  /** Followed users of any run; numbered where the log has no catalogue. */
  usersOf(run: Run): readonly User[] {
    const known = this.log.catalogues.get(run.name)?.users;
    if (known || run.has_catalogue) return known ?? [];
    return Array.from({ length: run.cohort_size }, (_, index) => ({
      index,
      id: `${index}`,
      label: '',
      attributes: {},
      axes: {},
      target_item: null,
    }));
  }

  private phaseNow(): Phase {
    const { runs, isReading } = this.log;
    if (runs === null) return 'loading';
    if (this.selection.runGone) return 'gone';
    if (runs.length === 0) return isReading ? 'loading' : 'empty';
    if (this.run?.problem && this.layers.length === 0) return 'problem';
    return 'ready';
  }
}
