/** What is on screen, as a figure: each view in words and pixels. */
import { differenceOf } from '../analysis/difference';
import { valueAtPosition } from '../analysis/last_row';
import type { Attention } from '../data/attention';
import type { Layer, User } from '../data/schema';
import { ROLLOUT } from '../data/derived';
import { largestError, legendOf, type Figure, type Panel } from '../export/figure';
import { paintColumns } from '../heatmap/columns';
import { paint, type Palette } from '../heatmap/paint';
import { formatCount, formatFixed, formatTick } from '../i18n/format';
import { language, words } from '../i18n/language.svelte';
import { extentOf, placesOf, type Side } from '../state/axis';
import { panelOf, type Panel as Compared } from '../state/panels';
import type { Session } from '../state/session.svelte';
import { relationOf } from './comparison';
import { letterOf } from './letters';
import { alignedNames, axisNames, headName, layerName, namesOf, userName } from './names';

/** One head of a figure. */
export interface HeadPart {
  readonly layer: Layer;
  readonly head: number;
  readonly attention: Attention;
}

/** Whose attention the picture of a layer is: the chosen user's, or the mean of the cohort. */
export function whoseOf(session: Session, layer: Layer, user: User): string {
  return session.isMean(layer) ? words().derived.pictures.cohort : userName(user);
}

/** Titles along both axes: of a mean over users, places counted from the newest. */
export function titlesOf(
  session: Session,
  layer: Layer,
  attention: Attention,
): { queries: string[]; keys: string[] } {
  const names = (side: Side, axis: string): string[] => {
    const extent = extentOf(attention, side);
    if (attention.derived && layer.name !== ROLLOUT) return alignedNames(extent.count);
    const run = session.run?.name ?? '';
    return namesOf(placesOf(session, run, session.user, axis, extent), extent.offset);
  };
  return { queries: names('query', layer.query_axis), keys: names('key', layer.key_axis) };
}

/** Heads that are on screen; of one layer only, if it is named. */
export function partsOf(session: Session, only?: Layer): HeadPart[] {
  const { selection } = session;
  const layers = selection.view === 'heads' ? session.layers : [session.layer];
  return (only ? [only] : layers).flatMap((layer) => {
    const frame = layer && session.picturedFrame(layer);
    if (!layer || frame?.kind !== 'ready') return [];
    const all = Array.from({ length: frame.attention.heads }, (_, head) => head);
    const heads = selection.view === 'heads' ? all : [selection.head];
    return heads.map((head) => ({ layer, head, attention: frame.attention }));
  });
}

/** The figure of the view on screen; `null` while there is nothing to see. */
export function figureOf(session: Session): Figure | null {
  if (session.selection.view === 'compare') return comparisonFigure(session);
  if (session.selection.view === 'evolution') return evolutionFigure(session);
  const { layer, user } = session;
  return layer && user && headsFigure(session, partsOf(session), whoseOf(session, layer, user));
}

/** Heads of one step, of whoever `who` names; one alone gets titles on both axes. */
export function headsFigure(
  session: Session,
  parts: readonly HeadPart[],
  who: string,
): Figure | null {
  const [first] = parts;
  if (!first) return null;
  const { palette } = session.display;
  const isAlone = parts.length === 1;
  const layers = new Set(parts.map(({ layer }) => layerName(layer)));
  const panels = parts.map(({ layer, head, attention }): Panel => {
    const titles = isAlone ? titlesOf(session, layer, attention) : null;
    const name = headName(layer, head);
    return {
      title: isAlone ? '' : layers.size > 1 ? `${layerName(layer)}: ${name}` : name,
      pixels: paint(attention, head, palette),
      rows: titles?.queries ?? null,
      columns: titles?.keys ?? null,
    };
  });
  const what = isAlone ? headName(first.layer, first.head) : '';
  return {
    ...about(session, who, [[...layers].join(', '), what], first.attention.step),
    axes: words().exports.axes,
    panels,
    perRow: layers.size > 1 ? Math.max(...session.layers.map((l) => l.head_count)) : 4,
    legends: [legend(palette)],
    notes: [...truthOf(parts), words().exports.hatched, words().exports.caution],
  };
}

/** How far the cells may be off, what they were computed from, and what is not there. */
function truthOf(parts: readonly HeadPart[]): string[] {
  const t = words();
  const count = (value: number): string => formatCount(value, language());
  const logged = parts.filter(({ attention }) => !attention.derived);
  const notes = parts.flatMap(({ layer, attention: { derived, reducedFrom } }) => [
    ...(layer.name === ROLLOUT ? [t.derived.rolloutNote] : []),
    ...(derived && layer.name !== ROLLOUT
      ? [t.derived.mean(count(derived.users), count(derived.of)), t.derived.aboutTitle]
      : []),
    ...(reducedFrom === undefined ? [] : [t.heatmap.lastOf(count(reducedFrom))]),
  ]);
  const errors = logged.map(({ attention, head }) => largestError(attention, head));
  return [...new Set(notes), ...(errors.length > 0 ? [bound(Math.max(...errors))] : [])];
}

function comparisonFigure(session: Session): Figure | null {
  const compared = session.compare.panels.map((choice) => panelOf(session, choice));
  const { palette, signedPalette } = session.display;
  const panels = compared.flatMap((panel, i): Panel[] => {
    if (!panel.attention) return [];
    const title = `${letterOf(i)}: ${describe(panel)}`;
    const pixels = paint(panel.attention, panel.head, palette);
    return [{ title, pixels, rows: null, columns: null }];
  });
  if (panels.length === 0) return null;
  const t = words();
  const difference = differenceFrame(compared);
  if (difference) {
    const pixels = paint(difference, 0, signedPalette);
    panels.push({ title: t.compare.minus('A', 'B'), pixels, rows: null, columns: null });
  }
  const errors = compared.map((p) => (p.attention ? largestError(p.attention, p.head) : 0));
  return {
    title: `${t.title}: ${t.views.compare}`,
    lines: compared.map((panel, i) => `${letterOf(i)}: ${describe(panel)}`),
    axes: t.exports.axes,
    panels,
    perRow: 3,
    legends: [legend(palette), ...(difference ? [legend(signedPalette)] : [])],
    notes: [bound(Math.max(...errors)), t.exports.hatched, t.exports.caution],
  };
}

function differenceFrame([a, b, c]: readonly Compared[]): Attention | null {
  if (!a?.attention || !b?.attention || c) return null;
  const relation = relationOf(a, b);
  if (!relation || relation.common.kind === 'nothing') return null;
  return differenceOf(
    { attention: a.attention, head: a.head },
    { attention: b.attention, head: b.head },
  );
}

function describe({ run, layer, user, head, step }: Compared): string {
  if (!run || !layer || !user) return '–';
  const place = step === null ? '–' : formatCount(step, language());
  return [
    run.display_name,
    layerName(layer),
    headName(layer, head),
    userName(user),
    words().heatmap.step(place),
  ].join(', ');
}

/** Items over steps: one column a loaded step, the newest item on top. */
export function evolutionTable(
  session: Session,
): { names: string[]; newest: number; steps: number[]; columns: number[][] } | null {
  const { evolution, layer, selection } = session;
  const steps = evolution.loaded.filter((step) => evolution.row(step)?.kind === 'ready');
  const last = evolution.row(steps.at(-1) ?? Number.NaN);
  if (!layer || last?.kind !== 'ready') return null;
  const newest = last.keyOffset + last.keys - 1;
  const items = session.axisItems(layer.key_axis);
  const names = axisNames(session.items, items, last.keyOffset, last.keys).reverse();
  const columns = steps.map((step) => {
    const row = evolution.row(step);
    return names.map((_, i) =>
      row ? valueAtPosition(row, selection.head, newest - i) : Number.NaN,
    );
  });
  return { names, newest, steps, columns };
}

function evolutionFigure(session: Session): Figure | null {
  const table = evolutionTable(session);
  const { layer, user, display, selection } = session;
  if (!table || !layer || !user) return null;
  const pixels = paintColumns(table.columns, table.names.length, display.palette);
  const t = words();
  const columns = table.steps.map((step) => formatCount(step, language()));
  return {
    ...about(session, userName(user), [layerName(layer), headName(layer, selection.head)], null),
    axes: t.evolution.axis,
    panels: [{ title: '', pixels, rows: table.names, columns }],
    perRow: 1,
    legends: [legend(display.palette)],
    notes: [t.exports.caution],
  };
}

/** Title and place of what is shown. */
function about(
  { run, columns }: Session,
  who: string,
  what: readonly string[],
  step: number | null,
): Pick<Figure, 'title' | 'lines'> {
  const t = words();
  const epoch = step === null ? null : columns?.epochs[columns.steps.indexOf(step)];
  const when = [
    step === null ? '' : t.heatmap.step(formatCount(step, language())),
    epoch == null ? '' : t.timeline.epoch(formatFixed(epoch, 2, language())),
  ];
  return {
    title: [t.title, ...what].filter(Boolean).join(' · '),
    lines: [[run?.display_name ?? '', who].join(' · '), when.filter(Boolean).join(', ')].filter(
      Boolean,
    ),
  };
}

function legend(palette: Palette): ReturnType<typeof legendOf> {
  const t = words();
  const { scale } = palette;
  const write = (value: number): string => formatTick(value, language());
  const note = (scale.signed ? t.heatmap.legendSignedNote : t.heatmap.legendNote)(
    t.tools.scales[scale.kind],
    write(scale.top),
  );
  return legendOf(palette, scale.signed ? t.heatmap.legendSigned : t.heatmap.legend, note, write);
}

/** The error bound in words. */
export function bound(error: number): string {
  return words().exports.bound(formatFixed(error, error < 0.00005 ? 6 : 4, language()));
}
