/** Keys are commands: anywhere but where they are letters, or have a meaning of their own. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Session } from '../../src/state/session.svelte';
import { runShortcut } from '../../src/views/shortcuts';
import { FakeHost } from '../fake_host';
import { FakeServer } from '../fake_server';

/** As much of an element as a shortcut asks of it. */
class FakeElement {
  constructor(
    private readonly inside: string,
    readonly type = '',
  ) {}
  closest(selector: string): FakeElement | null {
    return selector.split(/,\s*/).includes(this.inside) ? this : null;
  }
}
class FakeInput extends FakeElement {}
class FakeSelect extends FakeElement {}

let session: Session;
let shown: number;

beforeEach(() => {
  vi.stubGlobal('Element', FakeElement);
  vi.stubGlobal('HTMLInputElement', FakeInput);
  vi.stubGlobal('HTMLSelectElement', FakeSelect);
  session = new Session(new FakeHost(), new FakeServer().client);
  session.timeline.receive(Array.from({ length: 30 }, (_, step) => step));
  session.timeline.seek(15);
  shown = 0;
});
afterEach(() => vi.unstubAllGlobals());

function press(key: string, more: Partial<KeyboardEvent> & { on?: FakeElement } = {}): boolean {
  const { on, ...rest } = more;
  const event = { key, target: on ?? new FakeElement('body'), ...rest } as unknown as KeyboardEvent;
  return runShortcut(session, event, () => (shown += 1));
}

describe('keys', () => {
  it.each([
    ['ArrowRight', {}, 16],
    ['ArrowLeft', {}, 14],
    ['ArrowRight', { shiftKey: true }, 25],
    ['ArrowLeft', { shiftKey: true }, 5],
    ['Home', {}, 0],
    ['End', {}, 29],
  ])('%s %o goes to step %i', (key, more, step) => {
    expect(press(key, more)).toBe(true);
    expect(session.timeline.cursor).toBe(step);
  });

  it('play, change the speed, and mark what is looped', () => {
    press(' ');
    press('.');
    expect([session.timeline.mode, session.timeline.speed]).toEqual(['playing', 2]);
    press(' ');
    press(',');
    expect([session.timeline.mode, session.timeline.speed]).toEqual(['paused', 1]);
    press('i');
    press('ArrowRight', { shiftKey: true });
    press('o');
    expect(session.timeline.range).toEqual({ first: 15, last: 25 });
    press('u');
    expect(session.timeline.range).toBeNull();
  });

  it('compare and help, with Caps Lock too', () => {
    press('C');
    expect(session.selection.view).toBe('compare');
    press('?');
    expect(shown).toBe(1);
  });

  it('are left alone with a modifier, and when they stand for nothing', () => {
    expect(press('c', { ctrlKey: true })).toBe(false);
    expect(press('ArrowLeft', { altKey: true })).toBe(false);
    expect(press('x')).toBe(false);
    expect([session.selection.view, session.timeline.cursor]).toEqual(['recommendations', 15]);
  });

  it('are letters while typing, and belong to a dialog that is open', () => {
    expect(press('c', { on: new FakeInput('input', 'search') })).toBe(false);
    expect(press('c', { on: new FakeSelect('select') })).toBe(false);
    expect(press('c', { on: new FakeElement('dialog') })).toBe(false);
    expect(press('c', { on: new FakeInput('input', 'radio') })).toBe(true);
  });

  it('keep their own meaning on a control', () => {
    expect(press(' ', { on: new FakeElement('button') })).toBe(false);
    expect(press('ArrowLeft', { on: new FakeElement('[role="application"]') })).toBe(false);
    expect(press('Home', { on: new FakeElement('[role="tablist"]') })).toBe(false);
    expect(press('c', { on: new FakeElement('button') })).toBe(true);
  });

  it('rest when they are switched off', () => {
    session.preferences.shortcuts = false;
    expect(['c', '?', ' ', 'ArrowLeft'].map((key) => press(key))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
