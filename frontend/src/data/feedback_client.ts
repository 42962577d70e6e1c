/** The routes of feedback as functions: the only ones that change anything. */
import type { Client } from './client';
import * as schema from './feedback_schema';

/** Which verdicts are asked for. */
export interface Filter {
  readonly run: string;
  readonly user?: number | undefined;
  readonly kind?: schema.Kind | undefined;
  /** The `next` of the page before. */
  readonly before?: number | undefined;
}

/** A statement, as it is sent. */
export type Statement = Omit<schema.Verdict, 'number' | 'said_s' | 'undone_s'> & {
  readonly session: string;
};

/** A decision, as it is sent. */
export interface DecisionMade {
  readonly key: string;
  readonly session: string;
  readonly run: string;
  readonly attempt: string;
  readonly decision: schema.DecisionName;
}

/** Asks through `client`; every failure is an `ApiError`. */
export class FeedbackClient {
  constructor(private readonly client: Client) {}

  /** Whether feedback is taken, and what was said of a run: newest first, 200 at a time. */
  read(filter: Filter): Promise<schema.Told> {
    return this.client.json('feedback', { ...filter }, schema.feedbackSchema);
  }

  /** Whether feedback is taken, and what was decided of every run. */
  decisions(): Promise<schema.ToldDecisions> {
    return this.client.json('feedback/decisions', {}, schema.decisionsSchema);
  }

  /** Store a statement; the same one again changes nothing. */
  say(statement: Statement, token: string): Promise<schema.Verdict> {
    return this.client.post('feedback/say', statement, token, schema.verdictSchema);
  }

  /** Take a statement back; again changes nothing. */
  undo(key: string, token: string): Promise<schema.Verdict> {
    return this.client.post('feedback/undo', { key }, token, schema.verdictSchema);
  }

  /** Store a decision; the same one again changes nothing. */
  decide(decision: DecisionMade, token: string): Promise<schema.Decision> {
    return this.client.post('feedback/decide', decision, token, schema.decisionSchema);
  }

  /** What a user's recommendations rest on, at the newest step with a model. */
  reasons(run: string, user: number): Promise<schema.Reasons> {
    const query = { run, user, steps: 'latest', top: 50 };
    return this.client.json('evidence', query, schema.reasonsSchema);
  }
}
