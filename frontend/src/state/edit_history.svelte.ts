/** What a reader changed, step by step, so that it can be undone; dragging a slider is one step. */
import type { Explaining } from './explaining.svelte';

interface Moment {
  readonly edits: readonly string[];
  readonly variant: number;
}

/** The most steps that are kept. */
const KEPT = 100;

/** Undo and redo of all variants together. */
export class EditHistory {
  private past = $state.raw<readonly Moment[]>([]);
  private future = $state.raw<readonly Moment[]>([]);
  /** What is being dragged; `null` when the next change is a step of its own. */
  private dragged: string | null = null;

  constructor(private readonly explaining: Explaining) {}

  /** Whether there is something to undo, or to redo. */
  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** Do `change`; changes with the same `dragged` one after the other are one step. */
  step(change: () => void, dragged: string | null = null): void {
    const before = this.now();
    change();
    if (JSON.stringify(before) === JSON.stringify(this.now())) return;
    const goesOn = dragged !== null && dragged === this.dragged;
    this.dragged = dragged;
    this.future = [];
    if (!goesOn) this.past = [...this.past, before].slice(-KEPT);
  }

  /** The slider was let go. */
  rest(): void {
    this.dragged = null;
  }

  /** As it was before the last step. */
  undo(): void {
    const last = this.past.at(-1);
    if (!last) return;
    this.future = [this.now(), ...this.future];
    this.past = this.past.slice(0, -1);
    this.show(last);
  }

  /** As it was before the last undo. */
  redo(): void {
    const [next, ...rest] = this.future;
    if (!next) return;
    this.past = [...this.past, this.now()];
    this.future = rest;
    this.show(next);
  }

  private now(): Moment {
    const { edits, variant } = this.explaining;
    return { edits, variant };
  }

  private show({ edits, variant }: Moment): void {
    this.rest();
    this.explaining.edits = edits;
    this.explaining.variant = variant;
  }
}
