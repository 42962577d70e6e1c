/** All that was said of a run, page by page, as its list shows and exports it. */
import { asApiError, type ApiError } from '../data/errors';
import type { FeedbackClient } from '../data/feedback_client';
import type { Kind, Verdict } from '../data/feedback_schema';

/** Whether what was taken back is listed. */
export const TAKEN_BACK = ['all', 'standing', 'undone'] as const;
/** One of them. */
export type TakenBack = (typeof TAKEN_BACK)[number];

/** The most verdicts that are exported: 500 pages. */
export const MOST_EXPORTED = 100_000;

/** A list with its filters; `load` begins anew. */
export class FeedbackList {
  kind = $state<Kind | ''>('');
  user = $state<number | null>(null);
  takenBack = $state<TakenBack>('all');
  next = $state.raw<number | null>(null);
  loading = $state(false);
  failure = $state.raw<ApiError | null>(null);
  private read = $state.raw<readonly Verdict[]>([]);
  private asked = 0;
  readonly verdicts = $derived(this.read.filter((said) => this.fits(said)));

  constructor(
    private readonly client: FeedbackClient,
    private readonly run: string,
  ) {}

  /** The newest that fit. */
  async load(): Promise<void> {
    this.read = [];
    this.next = null;
    await this.page(undefined);
  }

  /** The page after what is listed. */
  async more(): Promise<void> {
    if (this.next !== null) await this.page(this.next);
  }

  /** Put what was said or taken back since in its place. */
  replace(verdict: Verdict): void {
    this.read = this.read.map((said) => (said.key === verdict.key ? verdict : said));
  }

  /** Every verdict that fits, page by page. */
  async all(): Promise<Verdict[]> {
    const found: Verdict[] = [];
    let before: number | undefined;
    do {
      const told = await this.client.read({ ...this.filter, before });
      found.push(...told.verdicts.filter((said) => this.fits(said)));
      before = told.next ?? undefined;
    } while (before !== undefined && found.length < MOST_EXPORTED);
    return found;
  }

  private get filter(): { run: string; user?: number; kind?: Kind } {
    return {
      run: this.run,
      ...(this.user === null ? {} : { user: this.user }),
      ...(this.kind === '' ? {} : { kind: this.kind }),
    };
  }

  private fits({ undone_s: undone }: Verdict): boolean {
    return this.takenBack === 'all' || (this.takenBack === 'undone') === (undone !== null);
  }

  private async page(before: number | undefined): Promise<void> {
    const turn = (this.asked += 1);
    this.loading = true;
    try {
      const told = await this.client.read({ ...this.filter, before });
      if (turn !== this.asked) return;
      this.read = before === undefined ? told.verdicts : [...this.read, ...told.verdicts];
      [this.next, this.failure] = [told.next, null];
    } catch (error) {
      if (turn === this.asked) this.failure = asApiError(error);
    } finally {
      if (turn === this.asked) this.loading = false;
    }
  }
}
