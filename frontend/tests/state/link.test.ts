import { describe, expect, it } from 'vitest';
import { DEFAULTS, formatLink, parseLink, type Link } from '../../src/state/link';
import { LinkWriter } from '../../src/state/link_writer';
import { FakeHost } from '../fake_host';

const FULL: Link = {
  run: 'a b/attention & more',
  layer: 'block_0/attention',
  user: 'u-1',
  head: 3,
  step: 40,
  live: true,
  view: 'head',
  level: 'formulas',
  source: 'head',
  since: 30,
  item: '22356',
  cell: { query: 4, key: 2 },
  loop: true,
  range: { first: 10, last: 40 },
  speed: 0.5,
  curve: 'a/train/batch_loss',
  axis: 'epoch',
  scale: 'log',
  colours: 'greys',
  top: 0.25,
  measure: 'recency',
  sort: 'entropy',
  mean: true,
  overview: 'maximum',
  lang: 'zh',
  compare: 'a~b***1',
};

describe('links', () => {
  it('come back as they were', () => {
    expect(parseLink(formatLink(FULL))).toEqual(FULL);
  });

  it('leave out defaults', () => {
    expect([...formatLink({ ...DEFAULTS, run: 'r' })]).toEqual([['run', 'r']]);
  });

  it.each([
    ['head', '-1'],
    ['head', 'one'],
    ['step', '1.5'],
    ['step', '1e3'],
    ['view', 'nowhere'],
    ['axis', ''],
    ['overview', 'median'],
    ['scale', '__proto__'],
    ['colours', 'jet'],
    ['top', '7'],
    ['top', ''],
    ['lang', 'xx'],
    ['measure', 'entropy'],
    ['live', 'yes'],
    ['unknown', 'x'],
    ['level', 'expert'],
    ['source', 'median'],
    ['since', 'yesterday'],
    ['cell', '3'],
    ['cell', '-1-2'],
    ['range', '40-10'],
    ['range', '10'],
    ['speed', '3'],
    ['loop', 'true'],
    ['run', ''],
  ])('leave out %s=%s', (key, value) => expect(parseLink(new Map([[key, value]]))).toEqual({}));

  it('may leave the range to the tab', () => {
    expect(parseLink(new Map([['top', 'auto']]))).toEqual({ top: 'auto' });
  });

  it('may name any step', () => {
    expect(parseLink(new Map([['step', '-12']]))).toEqual({ step: -12 });
  });
});

describe('writing links', () => {
  function setup(link: Link): { host: FakeHost; writer: LinkWriter } {
    const host = new FakeHost();
    const writer = new LinkWriter(host);
    writer.adopt(link);
    return { host, writer };
  }

  it('pushes choices, so that Back returns', () => {
    const { host, writer } = setup({ run: 'a', step: 1 });
    writer.update({ run: 'a', step: 1 }, 'a');
    writer.update({ run: 'b', step: 1 }, 'b');
    expect(host.written).toEqual([['push', 'run=b&step=1']]);
  });

  it('does not take for a choice what an address led to', () => {
    const { host, writer } = setup({ run: 'nowhere' });
    writer.update({ run: 'a' }, 'a');
    writer.flush();
    expect(host.written).toEqual([['replace', 'run=a']]);
  });

  it('replaces movements, and only by the last of many', () => {
    const { host, writer } = setup({ run: 'a', step: 1 });
    for (let step = 2; step < 50; step += 1) writer.update({ run: 'a', step }, 'a');
    writer.flush();
    writer.flush();
    expect(host.written).toEqual([['replace', 'run=a&step=49']]);
  });

  it('puts a movement that waits into the choice that follows', () => {
    const { host, writer } = setup({ run: 'a' });
    writer.update({ run: 'a', step: 3 }, 'a');
    writer.update({ run: 'a', step: 3, head: 1 }, 'a1');
    writer.flush();
    expect(host.written).toEqual([['push', 'run=a&step=3&head=1']]);
  });

  it('writes nothing that is there already', () => {
    const { host, writer } = setup({ run: 'a' });
    writer.update({ run: 'a', head: 0, view: 'recommendations' }, 'a');
    writer.flush();
    expect(host.written).toEqual([]);
  });
});
