import { describe, expect, it } from 'vitest';
import { Compare } from '../../src/state/compare.svelte';
import { formatPanels, parsePanels, type PanelChoice } from '../../src/state/panel_link';

const panel = (run: string, more: Partial<PanelChoice> = {}): PanelChoice => ({
  run,
  layer: null,
  user: null,
  head: 0,
  step: null,
  ...more,
});

describe('panels in an address', () => {
  it.each([
    [[panel('a'), panel('b')]],
    [[panel('d32/attention', { layer: 'block_0/attention', user: 'u-1', head: 3, step: 40 })]],
    [[panel('a*b~c!d!!', { user: '~*!', step: 0 }), panel('!'), panel('*')]],
    [[panel('a', { head: 1 }), panel('a', { step: 7 }), panel('x*', { layer: '*' })]],
    [[]],
  ])('come back as they were: %j', (panels) => {
    expect(parsePanels(formatPanels(panels))).toEqual(panels);
  });

  it('are short', () => {
    expect(formatPanels([panel('a'), panel('b', { head: 1 })])).toBe('a~b***1');
  });

  it.each(['', '~~', '*l', '!'])('leave out what makes no sense: %s', (text) => {
    expect(parsePanels(text).every(({ run }) => run !== '')).toBe(true);
  });

  it('read numbers that are none as the default, and four panels at most', () => {
    expect(parsePanels('a***x*-3')).toEqual([panel('a')]);
    expect(parsePanels('a~b~c~d~e').length).toBe(4);
  });
});

describe('pinning', () => {
  it('adds a panel once, and lets the oldest go when there are too many', () => {
    const compare = new Compare();
    for (const run of ['a', 'a', 'b', 'c', 'd', 'e']) compare.pin(panel(run));
    expect(compare.panels.map(({ run }) => run)).toEqual(['b', 'c', 'd', 'e']);
    compare.remove(1);
    compare.change(0, { head: 2 });
    expect(compare.link).toBe('b***2~d~e');
  });

  it('takes an address, and keeps its panels when that says the same', () => {
    const compare = new Compare();
    compare.take('a~b');
    const { panels } = compare;
    compare.take('a~b');
    expect(compare.panels).toBe(panels);
    compare.take(undefined);
    expect(compare.panels).toEqual([]);
  });
});
