/** Which run, layer, user and head are looked at; a choice that does not exist is replaced and said. */
import type { Layer, Run, User } from '../data/schema';
import { DEFAULTS, type Link, type ViewName } from './link';
import type { Notices } from './notices.svelte';

/** The reader's choices by name. `null` means not chosen yet. */
export class Selection {
  run = $state<string | null>(null);
  layer = $state<string | null>(null);
  /** A user's id in the catalogue. */
  user = $state<string | null>(null);
  head = $state(0);
  view = $state<ViewName>(DEFAULTS.view);
  /** The chosen run was there and is gone from the log. */
  runGone = $state(false);
  private seen = false;

  constructor(private readonly notices: Notices) {}

  /** Take over what an address says. */
  take(link: Link): void {
    if (link.run !== undefined && link.run !== this.run) this.chooseRun(link.run, false);
    this.layer = link.layer ?? null;
    this.user = link.user ?? null;
    this.head = link.head ?? 0;
    this.view = link.view ?? DEFAULTS.view;
  }

  /** Look at another run; layer, user and head stay if it has them. */
  chooseRun(name: string, known = true): void {
    this.run = name;
    this.seen = known;
    this.runGone = false;
  }

  /** The list of runs is known: choose one if none is, notice if the chosen one is not there. */
  settleRun(runs: readonly Run[]): void {
    const found = runs.find((run) => run.name === this.run);
    if (found) {
      this.seen = true;
      this.runGone = false;
      return;
    }
    this.runGone = this.run !== null && this.seen;
    const other = runs.find((run) => run.layers.length > 0) ?? runs[0];
    if (this.runGone || !other) return;
    if (this.run !== null)
      this.notices.add({ what: 'run', wanted: this.run, shown: other.display_name });
    this.chooseRun(other.name);
  }

  /** The run's layers are known. */
  settleLayer(layers: readonly Layer[], deliberate: boolean): void {
    const found = layers.find((layer) => layer.name === this.layer) ?? layers[0];
    if (!found) return;
    if (deliberate && this.layer !== null && found.name !== this.layer) {
      this.notices.add({ what: 'layer', wanted: this.layer, shown: found.name });
    }
    this.layer = found.name;
    if (this.head < found.head_count) return;
    const last = found.head_count - 1;
    if (deliberate)
      this.notices.add({ what: 'head', wanted: `${this.head}`, shown: nameOfHead(found, last) });
    this.head = last;
  }

  /** The run's users are known. An index in place of an id is understood too. */
  settleUser(users: readonly User[], deliberate: boolean): void {
    const found =
      users.find((u) => u.id === this.user) ?? users.find((u) => `${u.index}` === this.user);
    const shown = found ?? users[0];
    if (!shown) return;
    if (!found && deliberate && this.user !== null) {
      this.notices.add({ what: 'user', wanted: this.user, shown: shown.label || shown.id });
    }
    this.user = shown.id;
  }
}

/** A head's name, or its number when the log gives none. */
export function nameOfHead(layer: Layer, head: number): string {
  return layer.head_names[head] || `head ${head}`;
}
