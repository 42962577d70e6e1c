/** What was said of recommendations, and what is on its way; loaded with the views that show it. */
import { untrack } from 'svelte';
import { asApiError, type ApiError } from '../data/errors';
import { FeedbackClient, type DecisionMade, type Statement } from '../data/feedback_client';
import type { Decision, DecisionName, Kind, Verdict } from '../data/feedback_schema';
import { Delivery, type Wait } from './delivery.svelte';
import { randomKey } from './random_key';
import type { Session } from './session.svelte';

/** Why nothing can be said here. */
export type Refusal = 'off' | 'framed' | 'foreign' | 'unavailable';

/** What a statement is about: a recommendation on the screen. */
export interface Subject {
  readonly run: string;
  readonly attempt: string;
  readonly step: number;
  readonly user: number;
  /** Ids: of the item, and of the list it stands in, best first. */
  readonly item: string;
  readonly shown: readonly string[];
}

/** A statement, an undo or a decision on its way. */
export interface Outgoing {
  readonly what: 'say' | 'undo' | 'decide';
  readonly key: string;
  readonly run: string;
  readonly user: number;
  readonly item: string;
  readonly kind: Kind | null;
  readonly evidence: string;
  readonly decision: DecisionName | null;
  readonly delivery: Delivery<Verdict | Decision>;
}

/** Pages of a user's verdicts that are read to know what stands: the newest 1000. */
const MOST_PAGES = 5;
const MOST_SHOWN = 100;

const known = new WeakMap<Session, Feedback>();

/** The one of a session. */
export function feedbackOf(session: Session): Feedback {
  const found = known.get(session) ?? new Feedback(session);
  known.set(session, found);
  return found;
}

/** Feedback as this page gives it. */
export class Feedback {
  readonly client: FeedbackClient;
  /** Whether a framing page forbids it: known at once, whatever the server says. */
  readonly framed: boolean;
  /** `null` until the server said whether it takes any. */
  enabled = $state<boolean | null>(null);
  failure = $state.raw<ApiError | null>(null);
  /** Verdicts of the user that is looked at, newest first. */
  verdicts = $state.raw<readonly Verdict[]>([]);
  /** There are older ones than were read. */
  more = $state(false);
  /** What holds of each run. */
  decisions = $state.raw<ReadonlyMap<string, Decision>>(new Map());
  outgoing = $state.raw<readonly Outgoing[]>([]);
  /** The item whose panel is open, by its id. */
  open = $state<string | null>(null);
  /** Grows with everything that was stored. */
  version = $state(0);
  private token = $state.raw<string | null>(null);
  private readonly session = randomKey();
  private subject = '';
  private decidedAt = -1;

  /** `wait` is replaced in tests. */
  constructor(
    readonly of: Session,
    private readonly wait: Wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  ) {
    this.client = new FeedbackClient(of.client);
    this.framed = of.host.isFramed();
  }

  /** Why nothing can be said; `null` if something can, or until it is known. */
  get refusal(): Refusal | null {
    if (this.enabled === false) return 'off';
    if (this.enabled === true && this.framed) return 'framed';
    if (this.enabled === true && this.token === null) return 'foreign';
    return this.failure ? 'unavailable' : null;
  }

  /** Whether the views offer to say something. */
  get offered(): boolean {
    return this.enabled === true && !this.framed && this.token !== null;
  }

  /** Look at what was said of a user's recommendations. */
  look(run: string, user: number): void {
    const subject = JSON.stringify([run, user]);
    if (subject === this.subject) return;
    untrack(() => {
      this.subject = subject;
      [this.verdicts, this.more, this.open] = [[], false, null];
      void this.refresh();
    });
  }

  /** Look at what was decided of runs; asks again when the log changed. */
  lookAtDecisions(generation: number): void {
    if (generation === this.decidedAt) return;
    this.decidedAt = generation;
    untrack(() => void this.refreshDecisions());
  }

  /** Read again what the server has. */
  async refresh(): Promise<void> {
    const { subject } = this;
    if (subject === '') return;
    const [run, user] = JSON.parse(subject) as [string, number];
    const { version } = this;
    try {
      const found: Verdict[] = [];
      let before: number | undefined;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const told = await this.client.read({ run, user, before });
        if (subject !== this.subject) return;
        this.take(told);
        found.push(...told.verdicts);
        before = told.next ?? undefined;
        if (before === undefined) break;
      }
      [this.verdicts, this.more] = [found, before !== undefined];
      if (version !== this.version) await this.refresh(); // something was stored meanwhile
    } catch (error) {
      if (subject === this.subject) this.failure = asApiError(error);
    }
  }

  private async refreshDecisions(): Promise<void> {
    try {
      const told = await this.client.decisions();
      this.take(told);
      this.decisions = new Map(told.decisions.map((decision) => [decision.run, decision]));
    } catch (error) {
      this.failure = asApiError(error);
    }
  }

  private take(told: { enabled: boolean; token: string | null }): void {
    [this.enabled, this.token, this.failure] = [told.enabled, told.token, null];
  }

  /** What was last said of an item as a whole and stands; `null` if nothing does. */
  standing(item: string): Verdict | null {
    return (
      this.verdicts.find(
        (said) => said.item === item && said.kind !== 'wrong_reason' && said.undone_s === null,
      ) ?? null
    );
  }

  /** Reasons for an item that were called wrong and stand, newest first, each once. */
  wrongReasons(item: string): Verdict[] {
    const seen = new Set<string>();
    return this.verdicts.filter((said) => {
      const counts = said.item === item && said.kind === 'wrong_reason' && said.undone_s === null;
      if (!counts || seen.has(said.evidence)) return false;
      seen.add(said.evidence);
      return true;
    });
  }

  /** What is on its way, or was refused, about an item. */
  pending(run: string, user: number, item: string): Outgoing[] {
    return this.outgoing.filter(
      (out) => out.run === run && out.user === user && out.item === item && out.what !== 'decide',
    );
  }

  /** What is on its way, or was refused, about a run's decision. */
  pendingDecision(run: string): Outgoing | null {
    return this.outgoing.find((out) => out.run === run && out.what === 'decide') ?? null;
  }

  /** Say something of a recommendation. */
  say(about: Subject, kind: Kind, more: { evidence?: string; note?: string } = {}): Promise<void> {
    const { shown, ...rest } = about;
    const statement: Statement = {
      ...rest,
      kind,
      key: randomKey(),
      session: this.session,
      evidence: more.evidence ?? '',
      note: more.note ?? '',
      shown: shown.slice(0, MOST_SHOWN),
    };
    const post = (): Promise<Verdict> => this.client.say(statement, this.token ?? '');
    return this.send({ ...bare('say', statement), kind, evidence: statement.evidence }, post);
  }

  /** Take something back. */
  undo(verdict: Verdict): Promise<void> {
    const { kind, evidence } = verdict;
    const post = (): Promise<Verdict> => this.client.undo(verdict.key, this.token ?? '');
    return this.send({ ...bare('undo', verdict), kind, evidence }, post);
  }

  /** Accept a run that learned from feedback, or put it aside. */
  decide(run: string, attempt: string, decision: DecisionName): Promise<void> {
    const made: DecisionMade = { key: randomKey(), session: this.session, run, attempt, decision };
    const post = (): Promise<Decision> => this.client.decide(made, this.token ?? '');
    return this.send({ ...bare('decide', { ...made, user: -1, item: '' }), decision }, post);
  }

  /** Send what failed again, with the same key. */
  retry(out: Outgoing): Promise<void> {
    return this.deliver(out);
  }

  /** Let what failed be; it may have been stored all the same, so what there is is read again. */
  async discard(out: Outgoing): Promise<void> {
    this.outgoing = this.outgoing.filter((other) => other !== out);
    await (out.what === 'decide' ? this.refreshDecisions() : this.refresh());
  }

  private send(
    about: Omit<Outgoing, 'delivery'>,
    post: () => Promise<Verdict | Decision>,
  ): Promise<void> {
    const renew = (): Promise<void> =>
      about.what === 'decide' ? this.refreshDecisions() : this.refresh();
    const out = { ...about, delivery: new Delivery(post, renew, this.wait) };
    this.outgoing = [...this.outgoing, out];
    return this.deliver(out);
  }

  private async deliver(out: Outgoing): Promise<void> {
    const answer = await out.delivery.run();
    if (answer === null) return;
    this.outgoing = this.outgoing.filter((other) => other !== out);
    this.version += 1;
    if ('decision' in answer) this.decisions = new Map(this.decisions).set(answer.run, answer);
    else if (this.subject === JSON.stringify([out.run, answer.user]))
      this.verdicts = [answer, ...this.verdicts.filter(({ key }) => key !== answer.key)].sort(
        (a, b) => b.number - a.number,
      );
  }
}

function bare(
  what: Outgoing['what'],
  of: { key: string; run: string; user: number; item: string },
): Omit<Outgoing, 'delivery'> {
  const { key, run, user, item } = of;
  return { what, key, run, user, item, kind: null, evidence: '', decision: null };
}
