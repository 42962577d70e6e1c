/** A statement is sent until it is answered, with one key; it is taken back, refused, and never said when framed. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Client } from '../../src/data/client';
import type { Verdict } from '../../src/data/feedback_schema';
import { MOST_TRIES } from '../../src/state/delivery.svelte';
import { Feedback, type Subject } from '../../src/state/feedback.svelte';
import { Session } from '../../src/state/session.svelte';
import { FakeHost } from '../fake_host';

const SUBJECT: Subject = {
  run: 'a',
  attempt: 'x',
  step: 3,
  user: 0,
  item: 'i1',
  shown: ['i1', 'i2'],
};

interface Sent {
  readonly route: string;
  readonly key: string;
  readonly token: string | null;
  readonly body: Record<string, unknown>;
}

/** Keeps what is posted, each key once, as the server does; `plan` is what goes wrong before that. */
class FeedbackServer {
  enabled = true;
  token: string | null = 'token';
  readonly stored: Verdict[] = [];
  readonly sent: Sent[] = [];
  /** What the next posts are answered: lost after it was stored, an error's status and code, or well. */
  plan: ('lost' | readonly [number, string])[] = [];

  answer(url: string, init: RequestInit): Promise<Response> {
    const [route = '', search = ''] = url.split('?');
    if (init.method === 'POST') return this.post(route, init);
    const user = Number(new URLSearchParams(search).get('user'));
    const told = { enabled: this.enabled, reason: null, token: this.token };
    const verdicts = [...this.stored].reverse().filter((said) => said.user === user);
    const body = route === 'feedback/decisions' ? { decisions: [] } : { verdicts, next: null };
    return Promise.resolve(Response.json({ ...told, ...body }));
  }

  private post(route: string, init: RequestInit): Promise<Response> {
    const body = JSON.parse(String(init.body)) as Record<string, unknown>;
    const token = new Headers(init.headers).get('X-Attn-Token');
    this.sent.push({ route, key: String(body['key']), token, body });
    const next = this.plan.shift();
    if (Array.isArray(next)) return Promise.resolve(refusal(next[0] as number, String(next[1])));
    const verdict = this.keep(route, body);
    if (next === 'lost') return Promise.reject(new TypeError('lost'));
    return Promise.resolve(Response.json(verdict));
  }

  private keep(route: string, body: Record<string, unknown>): unknown {
    if (route === 'feedback/decide') {
      const { session: _, ...rest } = body;
      return { ...rest, number: 1, decided_s: 5, parent: 'p' };
    }
    const known = this.stored.findIndex(({ key }) => key === body['key']);
    if (route === 'feedback/undo') {
      const undone = { ...(this.stored[known] as Verdict), undone_s: 9 };
      this.stored[known] = undone;
      return undone;
    }
    if (known >= 0) return this.stored[known];
    const { session: _, ...said } = body;
    const verdict = { ...said, number: this.stored.length + 1, said_s: 5, undone_s: null };
    this.stored.push(verdict as Verdict);
    return verdict;
  }
}

function refusal(status: number, code: string): Response {
  return Response.json({ error: { code, message: code, hint: '' } }, { status });
}

/** What must be there. */
function there<T>(value: T | null | undefined): T {
  if (value == null) throw new Error('it is not there');
  return value;
}

let server: FeedbackServer;
let waits: number[];
let seen: string[];
let feedback: Feedback;

async function open(framed = false): Promise<void> {
  const host = new FakeHost();
  host.framed = framed;
  const session = new Session(host, new Client((url, init) => server.answer(url, init)));
  feedback = new Feedback(session, (ms) => {
    waits.push(ms);
    seen.push(feedback.outgoing.map(({ delivery }) => delivery.state).join());
    return Promise.resolve();
  });
  feedback.look('a', 0);
  await feedback.refresh();
}

beforeEach(async () => {
  server = new FeedbackServer();
  [waits, seen] = [[], []];
  await open();
});

describe('saying something', () => {
  it('sends it with the token, and shows it once it is stored', async () => {
    const saying = feedback.say(SUBJECT, 'known', { note: 'n' });
    expect(feedback.pending('a', 0, 'i1').map(({ delivery }) => delivery.state)).toEqual([
      'sending',
    ]);
    expect(feedback.standing('i1')).toBeNull();
    await saying;
    expect(feedback.outgoing).toEqual([]);
    expect(feedback.standing('i1')?.kind).toBe('known');
    expect(server.sent[0]?.token).toBe('token');
    expect(server.sent[0]?.body).toMatchObject({ ...SUBJECT, kind: 'known', note: 'n' });
    expect(server.sent[0]?.key).toMatch(/^[0-9a-f]{32}$/);
  });

  it('sends the same key after 503 and after a lost answer, and is stored once', async () => {
    server.plan = [[503, 'feedback_unavailable'], 'lost', [503, 'busy']];
    await feedback.say(SUBJECT, 'relevant');
    expect(new Set(server.sent.map(({ key }) => key)).size).toBe(1);
    expect(server.sent).toHaveLength(4);
    expect(server.stored).toHaveLength(1);
    expect(seen).toEqual(['again', 'again', 'again']);
    expect(waits).toEqual([1000, 2000, 4000]);
    expect(feedback.verdicts).toHaveLength(1);
  });

  it('fails in the end, and is tried again with the same key when asked', async () => {
    server.plan = Array.from({ length: MOST_TRIES }, () => 'lost' as const);
    await feedback.say(SUBJECT, 'relevant');
    const [out] = feedback.pending('a', 0, 'i1');
    expect(out?.delivery.state).toBe('failed');
    expect(out?.delivery.error?.code).toBe('offline');
    await feedback.retry(there(out));
    expect(feedback.outgoing).toEqual([]);
    expect(new Set(server.sent.map(({ key }) => key)).size).toBe(1);
    expect(server.stored).toHaveLength(1);
  });

  it('shows what was stored all the same when a failure is let be', async () => {
    server.plan = Array.from({ length: MOST_TRIES }, () => 'lost' as const);
    await feedback.say(SUBJECT, 'relevant');
    expect(feedback.standing('i1')).toBeNull();
    await feedback.discard(there(feedback.outgoing[0]));
    expect(feedback.standing('i1')?.kind).toBe('relevant');
  });

  it('does not hammer a server that says it is too much', async () => {
    server.plan = [[429, 'too_much_feedback']];
    await feedback.say(SUBJECT, 'relevant');
    expect(server.sent).toHaveLength(1);
    expect(feedback.outgoing[0]?.delivery.error?.code).toBe('too_much_feedback');
  });

  it('asks for a new token once when the server was started anew', async () => {
    server.plan = [[403, 'bad_token']];
    server.token = 'new';
    await feedback.say(SUBJECT, 'relevant');
    expect(server.sent.map(({ token }) => token)).toEqual(['token', 'new']);
    expect(server.stored).toHaveLength(1);
    server.plan = [
      [403, 'bad_token'],
      [403, 'bad_token'],
    ];
    await feedback.say(SUBJECT, 'known');
    expect(feedback.outgoing[0]?.delivery.state).toBe('failed');
  });
});

describe('what stands', () => {
  it('is the newest word on an item, and what is taken back is none', async () => {
    await feedback.say(SUBJECT, 'relevant');
    await feedback.say(SUBJECT, 'not_relevant');
    await feedback.say(SUBJECT, 'wrong_reason', { evidence: 'i7' });
    expect(feedback.standing('i1')?.kind).toBe('not_relevant');
    expect(feedback.wrongReasons('i1').map(({ evidence }) => evidence)).toEqual(['i7']);
    await feedback.undo(there(feedback.standing('i1')));
    expect(feedback.standing('i1')?.kind).toBe('relevant');
    expect(feedback.verdicts.filter(({ undone_s }) => undone_s !== null)).toHaveLength(1);
    await feedback.undo(there(feedback.wrongReasons('i1')[0]));
    expect(feedback.wrongReasons('i1')).toEqual([]);
  });

  it('is of the user that is looked at', async () => {
    await feedback.say(SUBJECT, 'relevant');
    feedback.look('a', 1);
    await feedback.refresh();
    expect(feedback.verdicts).toEqual([]);
    feedback.look('a', 0);
    await feedback.refresh();
    expect(feedback.standing('i1')?.kind).toBe('relevant');
  });
});

describe('where nothing can be said', () => {
  it('is off, with nothing offered', async () => {
    server.enabled = false;
    server.token = null;
    await feedback.refresh();
    expect([feedback.refusal, feedback.offered]).toEqual(['off', false]);
  });

  it('is framed by another origin', async () => {
    await open(true);
    expect([feedback.refusal, feedback.offered]).toEqual(['framed', false]);
  });

  it('is a page the server does not know', async () => {
    server.token = null;
    await feedback.refresh();
    expect([feedback.refusal, feedback.offered]).toEqual(['foreign', false]);
  });

  it('has a database that does not answer, which is said until it does', async () => {
    const { answer } = server;
    server.answer = () => Promise.resolve(refusal(503, 'feedback_unavailable'));
    await feedback.refresh();
    expect(feedback.refusal).toBe('unavailable');
    server.answer = answer;
    await feedback.refresh();
    expect(feedback.refusal).toBeNull();
  });
});

describe('a decision', () => {
  it('is sent until it is answered, with one key, and holds', async () => {
    server.plan = ['lost'];
    await feedback.decide('child', 'x', 'accepted');
    expect(new Set(server.sent.map(({ key }) => key)).size).toBe(1);
    expect(server.sent).toHaveLength(2);
    expect(feedback.decisions.get('child')?.decision).toBe('accepted');
    expect(feedback.pendingDecision('child')).toBeNull();
  });
});
