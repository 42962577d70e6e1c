/** The reader's choices about evidence and what-ifs: what an address says of them, and no more. */
import { DEFAULTS, type Link, type OrderName } from './link';

/** The most variants of a what-if. */
export const MOST_VARIANTS = 4;

/** Choices; what they lead to is asked for by `explain.svelte.ts`, which is loaded when needed. */
export class Explaining {
  order = $state<OrderName>(DEFAULTS.order);
  /** The id of the item that the one in the details is compared with; `null` leaves it to the tab. */
  than = $state<string | null>(null);
  /** Whether the what-if is open. */
  editing = $state<boolean>(DEFAULTS.whatif);
  /** What each variant changes, as text: see `data/edit.ts`. At least one. */
  edits = $state.raw<readonly string[]>(['']);
  variant = $state<number>(DEFAULTS.variant);
  /** A run beside the chosen one, given the same changes. */
  other = $state<string | null>(null);
  /** Whether the computation of a head is open. */
  drawer = $state<boolean>(DEFAULTS.drawer);

  /** What the variant on screen changes, as text. */
  get edit(): string {
    return this.edits[this.variant] ?? '';
  }

  set edit(text: string) {
    this.edits = this.edits.map((other, i) => (i === this.variant ? text : other));
  }

  /** Go on with a copy of the variant on screen; the original stays. */
  clone(): void {
    if (this.edits.length >= MOST_VARIANTS) return;
    this.edits = [...this.edits, this.edit];
    this.variant = this.edits.length - 1;
  }

  /** Take a variant away; the last one is emptied. */
  remove(index: number): void {
    const rest = this.edits.filter((_, i) => i !== index);
    this.edits = rest.length > 0 ? rest : [''];
    this.variant = Math.min(this.variant - (index < this.variant ? 1 : 0), this.edits.length - 1);
  }

  /** What Back returns to, as one comparable value: no single edit, which has an undo of its own. */
  get choice(): readonly unknown[] {
    return [this.editing, this.other, this.than];
  }

  /** What an address would have to say. */
  get link(): Link {
    const edit = this.edits.join('~');
    return {
      order: this.order,
      whatif: this.editing,
      variant: this.variant,
      drawer: this.drawer,
      ...(this.than === null ? {} : { than: this.than }),
      ...(edit === '' ? {} : { edit }),
      ...(this.other === null ? {} : { other: this.other }),
    };
  }

  /** Take over what an address says. */
  take(link: Link): void {
    this.order = link.order ?? DEFAULTS.order;
    this.than = link.than ?? null;
    this.editing = link.whatif ?? DEFAULTS.whatif;
    this.other = link.other ?? null;
    this.drawer = link.drawer ?? DEFAULTS.drawer;
    const edits = (link.edit ?? '').split('~').slice(0, MOST_VARIANTS);
    if (edits.join('~') !== this.edits.join('~')) this.edits = edits;
    this.variant = Math.min(link.variant ?? DEFAULTS.variant, edits.length - 1);
  }
}
