/** What became of verdicts, by the rules of training/feedback/satisfied.py, and what cannot be known. */
import { describe, expect, it } from 'vitest';
import { judge, newestWords, type Grounds, type Seen } from '../../src/analysis/satisfied';
import type { Kind, Verdict } from '../../src/data/feedback_schema';

let number = 0;
function said(kind: Kind, item: string, more: Partial<Verdict> = {}): Verdict {
  number += 1;
  return {
    number,
    said_s: 0,
    undone_s: null,
    key: `k${number}`,
    kind,
    run: 'a',
    attempt: 'x',
    step: 1,
    user: 0,
    item,
    evidence: '',
    shown: [],
    note: '',
    ...more,
  };
}
const list = (...ids: string[]): Seen => ({ list: ids, grounds: null });
function grounds(attention: number[], effects: (number | null)[], items = ['h0', 'h1']): Seen {
  const places = new Map<string, number[]>();
  items.forEach((id, place) => places.set(id, [...(places.get(id) ?? []), place]));
  const of: Grounds = { places, attention, effects: new Map([['i', effects]]) };
  return { list: ['i'], grounds: of };
}
const reason = (evidence = 'h0', item = 'i'): Verdict => said('wrong_reason', item, { evidence });

describe('an item', () => {
  it.each([
    ['relevant', 'in the list', list('j'), list('i'), 'satisfied'],
    ['relevant', 'fallen out of the list', list('i'), list('j'), 'not'],
    ['relevant', 'in neither list', list('j'), list('j'), 'unknown'],
    ['not_relevant', 'gone from the list', list('i'), list('j'), 'satisfied'],
    ['not_relevant', 'still in the list', list('i'), list('j', 'i'), 'not'],
    ['known', 'gone from the list', list('i'), list('j'), 'satisfied'],
    ['known', 'still in the list', list('i'), list('i'), 'not'],
  ] as const)('said to be %s and %s', (kind, _, before, after, outcome) => {
    expect(judge(said(kind, 'i'), before, after).outcome).toBe(outcome);
  });

  it('is not judged without a list, nor where ranks are not logged', () => {
    const nothing: Seen = { list: null, grounds: null };
    expect(judge(said('known', 'i'), list('i'), nothing).why).toBe('no_list');
    expect(judge(said('relevant', 'i'), nothing, list('j')).why).toBe('outside');
  });
});

describe('a wrong reason', () => {
  const before = grounds([0.4, 0.6], [2, 1]);

  it('is satisfied when attention and effect fell to half', () => {
    expect(judge(reason(), before, grounds([0.2, 0.8], [1, 1])).outcome).toBe('satisfied');
    expect(judge(reason(), before, grounds([0.2, 0.8], [1.01, 1])).outcome).toBe('not');
    expect(judge(reason(), before, grounds([0.21, 0.79], [0, 1])).outcome).toBe('not');
  });

  it('counts an effect that spoke against the item as none', () => {
    const against = grounds([0.1, 0.9], [-3, 1]);
    expect(judge(reason(), grounds([0.4, 0.6], [-1, 1]), against).outcome).toBe('satisfied');
  });

  it('cannot be known without a model, out of the best, off the history, or at several places', () => {
    expect(judge(reason(), list('i'), before).why).toBe('no_model');
    expect(judge(reason('h0', 'j'), before, grounds([0.1, 0.9], [1, 1])).why).toBe('no_evidence');
    expect(judge(reason('h9'), before, before).why).toBe('no_place');
    const twice = (a: number): Seen => grounds([a, a], [1, 1], ['h0', 'h0']);
    expect(judge(reason(), twice(0.5), twice(0.1)).why).toBe('several_places');
    expect(judge(reason(), twice(0.5), twice(0.4)).outcome).toBe('not');
  });
});

describe('the newest word', () => {
  it('replaces an earlier one on the same item or reason; what was taken back is none', () => {
    const first = said('relevant', 'i');
    const second = said('known', 'i');
    const taken = said('not_relevant', 'i', { undone_s: 5 });
    const reasons = [reason('h0'), reason('h0'), reason('h1')];
    const other = said('relevant', 'i', { user: 1 });
    const words = newestWords([other, ...reasons, taken, second, first]);
    expect(words.map(({ key }) => key).sort()).toEqual(
      [second, reasons[1], reasons[2], other].map((one) => one?.key).sort(),
    );
  });
});
