/** Evidence, what-ifs and computations of what is chosen: asked for when a view looks at them. */
import { ExplainClient, type Moment } from '../data/explain_client';
import type { Frame } from '../data/decode';
import { fitting, formatEdit, NO_EDIT, parseEdit, type Edit } from '../data/edit';
import type {
  Computation,
  Contrast,
  Counterfactual,
  Evidence,
  Faithfulness,
  FoundItems,
  Models,
  WhatIf,
} from '../data/explain_schema';
import type { Item } from '../data/schema';
import { indexAtOrBefore } from '../data/steps';
import { Asked } from './asked.svelte';
import { CardCurve } from './card_curve.svelte';
import { EditHistory } from './edit_history.svelte';
import { translated } from './other_run';
import type { Session } from './session.svelte';

/** Recommendations that are explained, and listed in a what-if. */
export const TOP = 10;

const known = new WeakMap<Session, Explain>();

/** The one of a session. */
export function explainOf(session: Session): Explain {
  const found = known.get(session) ?? new Explain(session);
  known.set(session, found);
  return found;
}

/** Answers of replayed models; each `lookAt…` is called in an effect and asks if something changed. */
export class Explain {
  private readonly session: Session;
  readonly client: ExplainClient;
  readonly models = new Asked<Models>();
  readonly evidence = new Asked<Evidence>();
  readonly card = new Asked<Faithfulness>();
  readonly curve: CardCurve;
  readonly history: EditHistory;
  readonly contrast = new Asked<Contrast>();
  readonly counterfactual = new Asked<Counterfactual>();
  readonly whatIf = new Asked<WhatIf>();
  /** The same edit in another run. */
  readonly other = new Asked<WhatIf>();
  readonly map = new Asked<Frame>();
  readonly found = new Asked<FoundItems>();
  readonly computation = new Asked<Computation>();

  constructor(session: Session) {
    this.session = session;
    this.client = new ExplainClient(session.client);
    this.curve = new CardCurve(this.client);
    this.history = new EditHistory(session.explaining);
  }

  /** Whether the chosen run logged its model. */
  get hasModels(): boolean {
    return this.session.run?.has_models ?? false;
  }

  /** The newest step with a model at or before the cursor; `null` if there is none. */
  readonly step = $derived.by<number | null>(() => {
    const { cursor } = this.session.timeline;
    const steps = this.models.value?.steps ?? [];
    return cursor === null ? null : (steps[indexAtOrBefore(steps, cursor)] ?? null);
  });

  /** What is edited. */
  readonly edit = $derived<Edit>(this.fitted(parseEdit(this.session.explaining.edit)));

  /** Items by number, those of the catalogue and of an answer. */
  named(answer: { readonly items: readonly Item[] } | null): ReadonlyMap<number, Item> {
    const { items } = this.session;
    if (!answer) return items;
    return new Map([...items, ...answer.items.map((item) => [item.index, item] as const)]);
  }

  /** Change what is edited, as one step to undo; or go on with the step of dragging `dragged`. */
  change(edit: Edit, dragged: string | null = null): void {
    this.history.step(() => (this.session.explaining.edit = formatEdit(edit)), dragged);
  }

  /** The moment that is explained. */
  get moment(): Moment | null {
    const { run, user } = this.session;
    const { step } = this;
    return run && user && step !== null ? { run: run.name, user: user.index, step } : null;
  }

  /** Steps with a model. */
  lookAtModels(): void {
    const { run, log } = this.session;
    const { generation } = log;
    if (!run?.has_models || generation === null) return;
    const { name } = run;
    this.models.look(name, `${name} ${generation}`, (signal) => this.client.models(name, signal));
  }

  /** What the list rests on. */
  lookAtEvidence(): void {
    const of = this.moment;
    if (!of) return;
    this.evidence.look(this.subject(of), this.keyOf(of), (signal) =>
      this.client.evidence(of, TOP, signal),
    );
  }

  /** Whether attention explains it. */
  lookAtCard(): void {
    const of = this.moment;
    if (!of) return;
    const { run, step } = of;
    this.card.look(run, this.keyOf({ ...of, user: 0 }), (signal) =>
      this.client.faithfulness(run, step, signal),
    );
  }

  /** The same over training, while nothing else is computed. */
  lookAtCurve(): void {
    const { run, timeline } = this.session;
    const { value } = this.models;
    const isBusy = this.card.working || timeline.mode === 'playing';
    if (run && value) this.curve.look(run.name, value, isBusy);
  }

  /** Why `item` is above `than`, and without what it would not be. */
  lookAtItem(item: number, rank: number, than: number | null): void {
    const of = this.moment;
    if (!of) return;
    const key = this.keyOf(of);
    this.counterfactual.look(`${this.subject(of)} ${item}`, `${key} ${rank}`, (signal) =>
      this.client.counterfactual(of, item, rank, signal),
    );
    if (than === null) return;
    this.contrast.look(`${this.subject(of)} ${item} ${than}`, key, (signal) =>
      this.client.contrast(of, item, than, signal),
    );
  }

  /** The list after the edit. */
  lookAtWhatIf(): void {
    const of = this.moment;
    const { edit } = this;
    if (!of) return;
    this.whatIf.look(this.subject(of), `${this.keyOf(of)} ${formatEdit(edit)}`, (signal) =>
      this.client.whatIf(of, edit, TOP, signal),
    );
  }

  /** The attention of a layer after the edit. */
  lookAtMap(layer: string): void {
    const of = this.moment;
    const { edit } = this;
    if (!of) return;
    const key = `${this.keyOf(of)} ${formatEdit(edit)}`;
    this.map.look(`${this.subject(of)} ${layer}`, key, (signal) =>
      this.client.attention(of, layer, edit, signal),
    );
  }

  /** The same edit in the run beside it, at the newest step with a model at or before the cursor. */
  lookAtOther(): void {
    const { explaining, user, timeline, log } = this.session;
    const run = log.runs?.find(({ name }) => name === explaining.other);
    const { cursor } = timeline;
    const { edit } = this;
    if (!run || !user || cursor === null) {
      this.other.clear();
      return;
    }
    const items = this.named(this.whatIf.value);
    const key = `${this.session.run?.name} ${cursor} ${formatEdit(edit)} ${log.generation}`;
    this.other.look(JSON.stringify([run.name, user.id]), key, (signal) =>
      translated(this.client, this.session, run, { user, cursor, edit, items }, TOP, signal),
    );
  }

  /** Items that can be added. */
  lookAtItems(query: string): void {
    const of = this.moment;
    if (!of) return;
    this.found.look(of.run, `${of.step} ${query}`, (signal) =>
      this.client.items(of.run, of.step, query, signal),
    );
  }

  /** How a head comes to its attention. */
  lookAtComputation(layer: string, head: number, query: number | undefined): void {
    const of = this.moment;
    if (!of) return;
    const key = `${this.keyOf(of)} ${layer} ${head} ${query}`;
    this.computation.look(this.subject(of), key, (signal) =>
      this.client.computation(of, layer, head, query, signal),
    );
  }

  private subject({ run, user }: Moment): string {
    return JSON.stringify([run, user]);
  }

  /** What an answer depends on; the time it was written tells a step from the same one trained again. */
  private keyOf({ run, user, step }: Moment): string {
    const models = this.models.value;
    const at = models ? indexAtOrBefore(models.steps, step) : -1;
    return JSON.stringify([run, user, step, models?.wall_times_s[at]]);
  }

  private fitted(edit: Edit): Edit {
    const { value } = this.whatIf;
    if (!value) return edit === NO_EDIT ? NO_EDIT : edit;
    const { history, features, layers } = value;
    return fitting(edit, history.length, history.length + features.length, layers.length);
  }
}
