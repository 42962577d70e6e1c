import { describe, expect, it } from 'vitest';
import type { Layer, User } from '../../src/data/schema';
import { Display } from '../../src/state/display.svelte';
import { Notices } from '../../src/state/notices.svelte';
import { nameOfHead, Selection } from '../../src/state/selection.svelte';
import { run } from '../fake_server';

const [layer] = run('a').layers as [Layer];
const layers = [layer, { ...layer, name: 'l1', head_count: 4, head_names: ['sink'] }];
const users: User[] = [0, 1, 2].map((index) => ({
  index,
  id: `u-${index}`,
  label: index === 0 ? 'User A' : '',
  attributes: {},
  axes: {},
  target_item: null,
}));

function setup(): { selection: Selection; notices: Notices } {
  const notices = new Notices();
  return { selection: new Selection(notices), notices };
}

describe('runs', () => {
  it('are chosen by themselves only when none is, and those with layers first', () => {
    const { selection } = setup();
    selection.settleRun([run('broken', { layers: [] }), run('b')]);
    expect(selection.run).toBe('b');
    selection.settleRun([run('a'), run('b')]);
    expect(selection.run).toBe('b');
  });

  it('that vanish leave a message, those that come back are shown again', () => {
    const { selection, notices } = setup();
    selection.settleRun([run('a'), run('b')]);
    selection.settleRun([run('b')]);
    expect([selection.run, selection.runGone, notices.list.length]).toEqual(['a', true, 0]);
    selection.settleRun([run('a'), run('b')]);
    expect(selection.runGone).toBe(false);
  });

  it('that never were are replaced with a notice', () => {
    const { selection, notices } = setup();
    selection.take({ run: 'x' });
    selection.settleRun([run('a', { display_name: 'A' })]);
    expect([selection.run, selection.runGone]).toEqual(['a', false]);
    expect(notices.list).toEqual([{ what: 'run', wanted: 'x', shown: 'A' }]);
  });

  it('may be none at all', () => {
    const { selection } = setup();
    selection.settleRun([]);
    expect([selection.run, selection.runGone]).toEqual([null, false]);
  });
});

describe('layers and heads', () => {
  it('stay when another run has them too', () => {
    const { selection } = setup();
    selection.take({ layer: 'l1', head: 3 });
    selection.settleLayer(layers, true);
    expect([selection.layer, selection.head]).toEqual(['l1', 3]);
  });

  it('are replaced silently when the reader changed the run, and with a notice for a link', () => {
    const silent = setup();
    silent.selection.layer = 'gone';
    silent.selection.head = 9;
    silent.selection.settleLayer(layers, false);
    expect([silent.selection.layer, silent.selection.head, silent.notices.list.length]).toEqual([
      'l0',
      1,
      0,
    ]);
    const told = setup();
    told.selection.take({ layer: 'gone', head: 9 });
    told.selection.settleLayer(layers, true);
    expect(told.notices.list.map((n) => n.what)).toEqual(['layer', 'head']);
  });

  it('have a name or a number', () => {
    expect([nameOfHead(layers[1] as Layer, 0), nameOfHead(layer, 1)]).toEqual(['sink', 'head 1']);
  });
});

describe('users', () => {
  it('are found by id, or by index', () => {
    const { selection } = setup();
    selection.take({ user: 'u-2' });
    selection.settleUser(users, true);
    expect(selection.user).toBe('u-2');
    selection.take({ user: '1' });
    selection.settleUser(users, true);
    expect(selection.user).toBe('u-1');
  });

  it('that a link names in vain are replaced with a notice', () => {
    const { selection, notices } = setup();
    selection.take({ user: 'nobody' });
    selection.settleUser(users, true);
    expect(notices.list).toEqual([{ what: 'user', wanted: 'nobody', shown: 'User A' }]);
  });
});

describe('the display', () => {
  it('takes what a link says and goes back to defaults for the rest', () => {
    const display = new Display();
    display.take({ scale: 'log', colours: 'greys', top: 0.5 });
    expect(display.palette).toEqual({ table: 'greys', scale: { kind: 'log', top: 0.5 } });
    display.take({});
    expect(display.palette).toEqual({ table: 'cividis', scale: { kind: 'sqrt', top: 1 } });
  });
});
