/** How the recommendations are read: how much is said, whose attention, moves since when, which item. */
import type { Cell } from '../heatmap/geometry';
import { DEFAULTS, LEVELS, type LevelName, type Link, type SourceName } from './link';
import type { Reference } from './recommendations';

/** The reader's choices in the recommendations. */
export class Reading {
  level = $state<LevelName>(DEFAULTS.level);
  source = $state<SourceName>(DEFAULTS.source);
  since = $state<Reference>(DEFAULTS.since);
  /** The id of the item whose details are shown; `null` leaves it to the tab. */
  item = $state<string | null>(null);

  /** The cell of the large heatmap that is looked at. */
  cell = $state.raw<Cell | null>(null);

  /** Whether everything of `level` is shown. */
  shows(level: LevelName): boolean {
    return LEVELS.indexOf(this.level) >= LEVELS.indexOf(level);
  }

  /** What Back returns to, as one comparable value. */
  get choice(): readonly unknown[] {
    return [this.level, this.source, this.since, this.item];
  }

  /** Take over what an address says. */
  take(link: Link): void {
    this.level = link.level ?? DEFAULTS.level;
    this.source = link.source ?? DEFAULTS.source;
    this.since = link.since ?? DEFAULTS.since;
    this.item = link.item ?? null;
    this.cell = link.cell ?? null;
  }
}
