/** What a link asked for and did not get: said once, in words, until dismissed. */

/** What was not found, and what is shown instead. */
export interface Notice {
  readonly what: 'run' | 'layer' | 'user' | 'head' | 'step';
  readonly wanted: string;
  readonly shown: string;
}

/** Notices on screen. */
export class Notices {
  list = $state.raw<readonly Notice[]>([]);

  /** Say it, once. */
  add(notice: Notice): void {
    const known = this.list.some((n) => n.what === notice.what && n.wanted === notice.wanted);
    if (!known) this.list = [...this.list, notice];
  }

  /** Take one away. */
  dismiss(notice: Notice): void {
    this.list = this.list.filter((n) => n !== notice);
  }
}
