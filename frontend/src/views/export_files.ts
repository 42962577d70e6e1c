/** Each kind of export as a file: its name and its bytes. The root of `exports.js`. */
import type { Layer } from '../data/schema';
import { COLUMNS, MOST_ROWS, rowsOf, toCsv, type Field, type HeadTable } from '../export/csv';
import { fileName } from '../export/download';
import { layOut } from '../export/layout';
import { stack, toNpy, valuesOf } from '../export/npy';
import { pngAddress, toPng } from '../export/raster';
import type { Progress } from '../export/replay';
import { toSvg } from '../export/svg';
import { words } from '../i18n/language.svelte';
import { panelOf } from '../state/panels';
import type { Session } from '../state/session.svelte';
import { evolutionTable, figureOf, partsOf, titlesOf, whoseOf } from './export_figure';
import { replayGif, storyPage } from './export_replay';
import type { Kind } from './export_kinds';
import { headName, layerName, panelTitles, userName } from './names';

export { toCsv };

/** A file to save. */
export interface File {
  readonly name: string;
  readonly content: Blob;
}

/** What keeps something from being exported, in words for the reader. */
export class ExportError extends Error {
  override readonly name = 'ExportError';
}

/** The file; throws `ExportError` or `ApiError`, or when called off. */
export async function fileOf(session: Session, kind: Kind, progress: Progress): Promise<File> {
  const content = await contentOf(session, kind, progress);
  if (!content) throw new ExportError(words().exports.nothing);
  return { name: nameOf(session, kind), content };
}

function contentOf(
  session: Session,
  kind: Kind,
  progress: Progress,
): Promise<Blob | null> | Blob | null {
  switch (kind) {
    case 'csv':
      return csv(session);
    case 'npy':
      return npy(session);
    case 'gif':
      return replayGif(session, progress);
    case 'html':
      return storyPage(session, progress);
    default:
      return picture(session, kind);
  }
}

async function picture(session: Session, kind: 'png' | 'svg'): Promise<Blob | null> {
  const figure = figureOf(session);
  if (!figure) return null;
  const drawing = layOut(figure);
  if (kind === 'png') return toPng(drawing);
  return new Blob([await toSvg(drawing, pngAddress)], { type: 'image/svg+xml' });
}

function csv(session: Session): Blob | null {
  const { view } = session.selection;
  if (view === 'evolution') return evolutionCsv(session);
  const tables = view === 'compare' ? comparedTables(session) : chosenTables(session);
  const cells = tables.reduce((sum, { attention: a }) => sum + a.queries * a.keys, 0);
  if (cells > MOST_ROWS) throw new ExportError(words().exports.tooMany);
  if (tables.length === 0) return null;
  const rows = tables.flatMap((table) => [...rowsOf(table)]);
  return csvBlob(toCsv(columnsOf(tables), rows));
}

/** Values of tiles are called what they are. */
function columnsOf(tables: readonly HeadTable[]): string[] {
  const kinds = new Set(tables.map(({ attention }) => attention.tiles?.aggregate ?? ''));
  if (kinds.size > 1) throw new ExportError(words().exports.mixed);
  const [kind] = kinds;
  return COLUMNS.map((name) => (kind && name === 'attention' ? `${kind}_attention` : name));
}

function chosenTables(session: Session): HeadTable[] {
  const { run, user, layer } = session;
  if (!run || !user || !layer) return [];
  return partsOf(session, layer).map(({ head, attention }) => {
    const { queries, keys } = titlesOf(session, layer, attention);
    const names = { queryNames: queries, keyNames: keys, headName: headName(layer, head) };
    const who = whoseOf(session, layer, user);
    return { run: run.name, layer: layerName(layer), user: who, head, attention, ...names };
  });
}

function comparedTables(session: Session): HeadTable[] {
  return session.compare.panels.flatMap((choice) => {
    const panel = panelOf(session, choice);
    const { run, layer, user, picture, head } = panel;
    if (!run || !layer || !user || picture?.kind !== 'ready') return [];
    return [
      {
        run: run.name,
        layer: layerName(layer),
        user: userName(user),
        headName: headName(layer, head),
        head,
        attention: picture.attention,
        queryNames: panelTitles(session, panel, 'query'),
        keyNames: panelTitles(session, panel, 'key'),
      },
    ];
  });
}

function evolutionCsv(session: Session): Blob | null {
  const table = evolutionTable(session);
  const { run, layer, user, selection } = session;
  if (!table || !run || !layer || !user) return null;
  const what = [run.name, layer.name, userName(user), headName(layer, selection.head)];
  const rows = table.steps.flatMap((step, x) =>
    table.names.flatMap((name, y): (readonly Field[])[] => {
      const value = table.columns[x]?.[y] ?? Number.NaN;
      return Number.isNaN(value) ? [] : [[...what, step, table.positions[y] ?? y, name, value]];
    }),
  );
  const header = ['run', 'layer', 'user', 'head', 'step', 'key_position', 'key', 'attention'];
  return csvBlob(toCsv(header, rows));
}

function csvBlob(text: string): Blob {
  return new Blob([text], { type: 'text/csv;charset=utf-8' });
}

function npy(session: Session): Blob | null {
  const { view } = session.selection;
  if (view === 'evolution') {
    const table = evolutionTable(session);
    if (!table) return null;
    const [items, steps] = [table.names.length, table.steps.length];
    const values = new Float32Array(items * steps);
    table.columns.forEach((column, x) => column.forEach((v, y) => (values[y * steps + x] = v)));
    return new Blob([toNpy(values, [items, steps])]);
  }
  if (view === 'compare') {
    const tables = comparedTables(session);
    if (tables.length === 0) return null;
    const matrices = tables.map(({ attention, head }) => {
      const { queries, keys } = attention;
      return { values: valuesOf(attention, [head]), queries, keys };
    });
    const { values, shape } = stack(matrices);
    return new Blob([toNpy(values, shape)]);
  }
  const frame = session.layer && session.picturedFrame(session.layer);
  if (frame?.kind !== 'ready') return null;
  const { attention } = frame;
  const heads = Array.from({ length: attention.heads }, (_, head) => head);
  const shape = [heads.length, attention.queries, attention.keys];
  return new Blob([toNpy(valuesOf(attention, heads), shape)]);
}

function nameOf(session: Session, kind: Kind): string {
  const { run, layer, user, selection, timeline } = session;
  const isStory = kind === 'html';
  const isOfUser = kind === 'gif' || isStory; // a replay is always one user's own
  const tiles = layer ? tilesOf(session, layer) : '';
  const isOverSteps = isOfUser || selection.view === 'evolution';
  const parts =
    selection.view === 'compare' && !isStory
      ? ['compare']
      : [
          run?.display_name ?? '',
          layer ? layerName(layer) : '',
          user && layer && !isOfUser ? whoseOf(session, layer, user) : user ? userName(user) : '',
          ...(kind === 'npy' || kind === 'html' || selection.view === 'heads'
            ? []
            : [`head-${selection.head}`]),
        ];
  if (tiles && !isStory) parts.push(`${tiles}-of-tiles`);
  return fileName([...parts, ...(isOverSteps ? [] : [`step-${timeline.shown ?? ''}`])], kind);
}

function tilesOf(session: Session, layer: Layer): string {
  const frame = session.picturedFrame(layer);
  return (frame?.kind === 'ready' && frame.attention.tiles?.aggregate) || '';
}
