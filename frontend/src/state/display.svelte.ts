/** How attention becomes colour: one choice for all pictures, so that they can be compared. */
import type { ScaleKind } from '../color/scale';
import type { TableName } from '../color/tables';
import type { Attention } from '../data/attention';
import type { Aggregate } from '../data/reduced';
import type { Palette } from '../heatmap/paint';
import {
  DEFAULTS,
  type CurveName,
  type LanguageName,
  type Link,
  type OverviewName,
  type RowsName,
  type ShapeName,
  type SortName,
  type Top,
} from './link';

/** The reader's scale and colours. */
export class Display {
  scale = $state<ScaleKind>(DEFAULTS.scale);
  colours = $state<TableName>(DEFAULTS.colours);
  top = $state<Top>(DEFAULTS.top);
  /** The largest weight that was loaded of what is looked at: the upper end when it is `auto`. */
  peak = $state(1);
  /** The same of means and of largest cells of tiles, whose upper end it always is. */
  tilePeaks = $state.raw<Readonly<Record<Aggregate, number>>>({ mean: 1, maximum: 1 });
  dark = $state(false);
  /** What the curves of the evolution show. */
  measure = $state<CurveName>(DEFAULTS.measure);
  /** The language that was asked for; `null` leaves it to the reader's browser. */
  language = $state<LanguageName | null>(null);
  sort = $state<SortName>(DEFAULTS.sort);
  /** Whether pictures and numbers of heads are means over the cohort. */
  mean = $state<boolean>(DEFAULTS.mean);
  /** Whether the rollout stands beside the heads. */
  rollout = $state<boolean>(DEFAULTS.rollout);
  shape = $state<ShapeName>(DEFAULTS.shape);
  /** What is pictured of attention too long to be kept whole. */
  overview = $state<OverviewName>(DEFAULTS.overview);
  /** Lines of each query in a flow, 1 to 10. */
  edges = $state<number>(DEFAULTS.edges);
  rows = $state<RowsName>(DEFAULTS.rows);
  /** What renderers take. */
  readonly palette = $derived<Palette>({
    table: this.colours,
    scale: { kind: this.scale, top: this.top === 'auto' ? this.peak : this.top },
  });

  /** For tiles: the same colours, up to the largest of them, which is far below 1. */
  private readonly tilePalettes = $derived<Record<Aggregate, Palette>>({
    mean: { ...this.palette, scale: { kind: this.scale, top: this.tilePeaks.mean } },
    maximum: { ...this.palette, scale: { kind: this.scale, top: this.tilePeaks.maximum } },
  });

  /** The same ranges for differences, centred on 0. */
  private readonly signedPalette = $derived(signed(this.palette));
  private readonly signedTilePalettes = $derived<Record<Aggregate, Palette>>({
    mean: signed(this.tilePalettes.mean),
    maximum: signed(this.tilePalettes.maximum),
  });

  /** Colours of one picture. */
  paletteOf(picture: Attention | null | undefined): Palette {
    return picture?.tiles ? this.tilePalettes[picture.tiles.aggregate] : this.palette;
  }

  /** Colours of a difference of two pictures. */
  signedPaletteOf(picture: Attention | null | undefined): Palette {
    return picture?.tiles ? this.signedTilePalettes[picture.tiles.aggregate] : this.signedPalette;
  }

  /** Take over what an address says. */
  take(link: Link): void {
    this.scale = link.scale ?? DEFAULTS.scale;
    this.colours = link.colours ?? DEFAULTS.colours;
    this.top = link.top ?? DEFAULTS.top;
    this.measure = link.measure ?? DEFAULTS.measure;
    this.language = link.lang ?? null;
    this.sort = link.sort ?? DEFAULTS.sort;
    this.mean = link.mean ?? DEFAULTS.mean;
    this.rollout = link.rollout ?? DEFAULTS.rollout;
    this.shape = link.shape ?? DEFAULTS.shape;
    this.overview = link.overview ?? DEFAULTS.overview;
    this.edges = link.edges ?? DEFAULTS.edges;
    this.rows = link.rows ?? DEFAULTS.rows;
  }
}

function signed({ scale }: Palette): Palette {
  return { table: 'puor', scale: { ...scale, signed: true } };
}
