import { describe, expect, it } from 'vitest';
import { Client } from '../../src/data/client';
import { ApiError, asApiError, isAbort, kindOf } from '../../src/data/errors';

const STATUS = {
  generation: 4,
  indexing: { done_bytes: 1, total_bytes: 1 },
  reader: 'index',
  version: '0.1.0',
  problems: [],
};

function clientOf(answer: () => Promise<Response>): { client: Client; urls: string[] } {
  const urls: string[] = [];
  const client = new Client((url) => {
    urls.push(url);
    return answer();
  });
  return { client, urls };
}

const json =
  (value: unknown, status = 200) =>
  () =>
    Promise.resolve(new Response(JSON.stringify(value), { status }));

describe('requests', () => {
  it('are relative, so that a path prefix needs no setting', async () => {
    const { client, urls } = clientOf(json(STATUS));
    expect((await client.status()).generation).toBe(4);
    expect(urls).toEqual(['status']);
  });

  it('escape names and leave out what is not given', async () => {
    const { client, urls } = clientOf(json({}));
    await client.timeline('a&b/attention', 'läyer 1').catch(() => undefined);
    await client.timeline('r', 'l', 7).catch(() => undefined);
    expect(urls).toEqual([
      'timeline?run=a%26b%2Fattention&layer=l%C3%A4yer+1',
      'timeline?run=r&layer=l&since=7',
    ]);
  });
});

describe('failures', () => {
  it('carry the server’s words', async () => {
    const error = { code: 'run_not_found', message: 'No run x.', hint: 'See /runs.' };
    const { client } = clientOf(json({ error }, 404));
    await expect(client.runs()).rejects.toMatchObject({ kind: 'not_found', ...error });
  });

  it('of a proxy without JSON keep the status', async () => {
    const { client } = clientOf(() => Promise.resolve(new Response('<html>', { status: 502 })));
    await expect(client.runs()).rejects.toMatchObject({ kind: 'offline', code: 'http_502' });
  });

  it('of the network are offline, and pass', async () => {
    const { client } = clientOf(() => Promise.reject(new TypeError('failed to fetch')));
    const error = await client.runs().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ kind: 'offline', passing: true, who: 'nobody_wait' });
  });

  it('in the middle of a body are offline too', async () => {
    const broken = new ReadableStream({ pull: (c) => c.error(new TypeError('network')) });
    const { client } = clientOf(() => Promise.resolve(new Response(broken)));
    await expect(client.status()).rejects.toMatchObject({ kind: 'offline' });
  });

  it('name the place where an answer is not what was agreed', async () => {
    const { client } = clientOf(json({ ...STATUS, generation: 'four' }));
    const error = await client.status().catch((e: unknown) => e);
    expect(error).toMatchObject({ kind: 'malformed', passing: false });
    expect((error as ApiError).message).toContain('generation');
  });

  it('let a request that was called off be told apart', async () => {
    const abort = new DOMException('stop', 'AbortError');
    const { client } = clientOf(() => Promise.reject(abort));
    const error = await client.status().catch((e: unknown) => e);
    expect(isAbort(error)).toBe(true);
  });

  it.each([
    [400, 'bad_parameter', 'refused'],
    [403, 'host_not_allowed', 'refused'],
    [404, 'step_not_found', 'not_found'],
    [413, 'response_too_large', 'too_large'],
    [414, 'query_too_long', 'too_large'],
    [422, 'newer_format', 'newer_format'],
    [503, 'busy', 'busy'],
    [503, 'unavailable', 'offline'],
    [500, 'http_500', 'offline'],
  ])('%i %s is %s', (status, code, kind) => expect(kindOf(status, code)).toBe(kind));

  it('of other code are malformed', () => {
    expect(asApiError(new RangeError('x'))).toMatchObject({ kind: 'malformed', message: 'x' });
  });
});
