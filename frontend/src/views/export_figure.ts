/** What is on screen, as a figure: each view in words and pixels. */
import { differenceOf } from '../analysis/difference';
import type { Attention } from '../data/attention';
import type { Layer, User } from '../data/schema';
import { ROLLOUT } from '../data/derived';
import { largestError, legendOf, type Figure, type Panel } from '../export/figure';
import { paintColumns } from '../heatmap/columns';
import { paint, type Palette } from '../heatmap/paint';
import { formatCount, formatFixed, formatTick } from '../i18n/format';
import { language, words } from '../i18n/language.svelte';
import { extentOf, isHistory, type Side } from '../state/axis';
import { evolutionItems, evolutionValue, positionAt } from '../state/evolution_table';
import { panelOf, type Panel as Compared } from '../state/panels';
import type { Session } from '../state/session.svelte';
import { pictureRelationOf } from './comparison';
import { letterOf } from './letters';
import {
  axisWord,
  headName,
  layerName,
  meanNames,
  reductionNote,
  titlesAlong,
  userName,
} from './names';

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
    if (attention.derived && layer.name !== ROLLOUT) return meanNames(layer, attention, side);
    const run = session.run?.name ?? '';
    return titlesAlong(session, run, session.user, axis, extentOf(attention, side));
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
  const { display } = session;
  const isAlone = parts.length === 1;
  const layers = new Set(parts.map(({ layer }) => layerName(layer)));
  const panels = parts.map(({ layer, head, attention }): Panel => {
    const titles = isAlone ? titlesOf(session, layer, attention) : null;
    const name = headName(layer, head);
    return {
      title: isAlone ? '' : layers.size > 1 ? `${layerName(layer)}: ${name}` : name,
      pixels: paint(attention, head, display.paletteOf(attention)),
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
    legends: legendsOf(parts.map(({ attention }) => display.paletteOf(attention))),
    notes: [...truthOf(parts), words().exports.hatched, words().exports.caution],
  };
}

/** How far the cells may be off, what they were computed from, and what is not there. */
function truthOf(parts: readonly HeadPart[]): string[] {
  const logged = parts.filter(({ attention }) => !attention.derived);
  const notes = parts.flatMap(({ layer, attention }) => [
    reductionNote(attention),
    ...derivedNotes(layer, attention),
  ]);
  const errors = logged.map(({ attention, head }) => largestError(attention, head));
  const said = [...new Set(notes)].filter(Boolean);
  return [...said, ...(errors.length > 0 ? [bound(Math.max(...errors))] : [])];
}

function derivedNotes(layer: Layer, { derived }: Attention): string[] {
  const t = words();
  if (layer.name === ROLLOUT) return [t.derived.rolloutNote];
  if (!derived) return [];
  const mean = isHistory(layer.query_axis) ? t.derived.mean : t.derived.meanLast;
  const count = (value: number): string => formatCount(value, language());
  return [mean(count(derived.users), count(derived.of)), t.derived.aboutTitle];
}

function comparisonFigure(session: Session): Figure | null {
  return comparedFigure(
    session,
    session.compare.panels.map((choice) => panelOf(session, choice)),
  );
}

/** Panels side by side, and of two the difference, on one scale. */
export function comparedFigure(session: Session, compared: readonly Compared[]): Figure | null {
  const { display } = session;
  const pictures = compared.map(({ picture }) =>
    picture?.kind === 'ready' ? picture.attention : null,
  );
  const panels = compared.flatMap((panel, i): Panel[] => {
    const picture = pictures[i];
    if (!picture) return [];
    const title = `${letterOf(i)}: ${describe(panel)}`;
    const pixels = paint(picture, panel.head, display.paletteOf(picture));
    return [{ title, pixels, rows: null, columns: null }];
  });
  if (panels.length === 0) return null;
  const t = words();
  const difference = differenceFrame(compared);
  if (difference) {
    const pixels = paint(difference, 0, display.signedPaletteOf(difference));
    panels.push({ title: t.compare.minus('A', 'B'), pixels, rows: null, columns: null });
  }
  const there = pictures.filter((picture) => picture !== null);
  const errors = pictures.map((of, i) => (of ? largestError(of, compared[i]?.head ?? 0) : 0));
  const signed = difference ? [legend(display.signedPaletteOf(difference))] : [];
  return {
    title: `${t.title}: ${t.views.compare}`,
    lines: compared.map((panel, i) => `${letterOf(i)}: ${describe(panel)}`),
    axes: t.exports.axes,
    panels,
    perRow: 3,
    legends: [...legendsOf(there.map((of) => display.paletteOf(of))), ...signed],
    notes: [
      ...new Set(there.map(reductionNote).filter(Boolean)),
      bound(Math.max(...errors)),
      t.exports.hatched,
      t.exports.caution,
    ],
  };
}

function differenceFrame([a, b, c]: readonly Compared[]): Attention | null {
  if (a?.picture?.kind !== 'ready' || b?.picture?.kind !== 'ready' || c) return null;
  const relation = pictureRelationOf(a, b);
  if (!relation || relation.common.kind === 'nothing') return null;
  return differenceOf(
    { attention: a.picture.attention, head: a.head },
    { attention: b.picture.attention, head: b.head },
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

/** Items over steps: one column a loaded step, lines as in the view. */
export function evolutionTable(session: Session): {
  names: string[];
  /** Of each line, on the axis of its item. */
  positions: number[];
  steps: number[];
  columns: number[][];
} | null {
  const { evolution, layer, run, user } = session;
  const steps = evolution.loaded.filter((step) => evolution.row(step)?.kind === 'ready');
  if (!layer || steps.length === 0) return null;
  const items = evolutionItems(session, layer);
  const found = titlesAlong(session, run?.name ?? '', user, layer.key_axis, items);
  const names = items.newestFirst ? found.reverse() : found;
  const columns = steps.map((step) =>
    names.map((_, line) => evolutionValue(session, items, step, line)),
  );
  return { names, positions: names.map((_, line) => positionAt(items, line)), steps, columns };
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
    axes: isHistory(layer.key_axis)
      ? t.evolution.axis
      : t.evolution.axisOf(axisWord(layer.key_axis)),
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

/** One legend for each scale in use. */
function legendsOf(palettes: readonly Palette[]): ReturnType<typeof legendOf>[] {
  return [...new Set(palettes)].map(legend);
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
