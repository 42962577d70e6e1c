import { describe, expect, it } from 'vitest';
import { explainsSince, marksOf, methodOf } from '../../src/analysis/faithfulness';
import { largestEffect, reasonsOf } from '../../src/analysis/reasons';
import type { EvidenceRow, Faithfulness, Method } from '../../src/data/explain_schema';

const row: EvidenceRow = {
  item: 7,
  rank: 1,
  score: 2,
  probability: 0.1,
  drop_when_deleted: [0.1, -0.4, 0.3, null],
  rank_when_deleted: [1, 1, 5, null],
  drop_when_masked: [0, 0, 0, 0.2],
  attention_gradient: null,
  contribution: null,
  agreement: { attention: 0, attention_gradient: null },
};
const ATTENTION = [0.2, 0.5, 0.2, 0.1];

describe('reasons of a recommendation', () => {
  it('are ordered by what removing does, or by attention, as is said', () => {
    expect(reasonsOf(row, ATTENTION, 'effect').map(({ place }) => place)).toEqual([2, 3, 0, 1]);
    expect(reasonsOf(row, ATTENTION, 'attention').map(({ place }) => place)).toEqual([1, 2, 0, 3]);
  });

  it('have the effect of weight 0 where nothing can be deleted: a feature', () => {
    const feature = reasonsOf(row, ATTENTION, 'effect').find(({ place }) => place === 3);
    expect(feature).toEqual({ place: 3, effect: 0.2, attention: 0.1, rankWithout: null });
  });

  it('are there without attention', () => {
    const [first] = reasonsOf(row, null, 'effect');
    expect(first).toEqual({ place: 2, effect: 0.3, attention: null, rankWithout: 5 });
  });

  it('are measured against the largest effect of either sign', () => {
    expect(largestEffect([row])).toBe(0.4);
    expect(largestEffect([])).toBe(0);
  });
});

function method(name: string, aopc: number | null): Method {
  const mean = { mean: aopc, error: 0.1, users: 8 };
  return {
    method: name,
    verdict: 'unknown',
    aopc: mean,
    beats_random: true,
    beats_recency: false,
    share_of_exact: 0,
    rank_correlation: mean,
    same_first: mean,
    comprehensiveness: [],
    sufficiency: [],
  };
}

function card(step: number, verdict: string, aopc: Record<string, number | null>): Faithfulness {
  const methods = Object.entries(aopc).map(([name, value]) => method(name, value));
  const line = { rank_correlation: 0.5, share_of_exact: 0.5 };
  return {
    run: 'a',
    step,
    epoch: null,
    layers: [],
    heads: 1,
    source: 'portable_model',
    subject: 'attention',
    verdict,
    users: 8,
    users_left_out: {},
    sizes: [],
    thresholds: { explains: line, partly: line },
    with_newest: [],
    newest_aside: methods,
    randomised: [],
  };
}

describe('a faithfulness card', () => {
  it('puts attention between random and the exact order, or below', () => {
    const marks = marksOf(
      card(1, '', { random: 0.1, recency: 0.3, attention: -0.2, delete: 0.8 }),
      'aside',
    );
    const at = Object.fromEntries(marks.map((mark) => [mark.name, mark.at]));
    expect(at['attention']).toBe(0);
    expect(at['delete']).toBe(1);
    expect(at['random']).toBeCloseTo(0.3, 10);
    expect(at['recency']).toBeCloseTo(0.5, 10);
  });

  it('draws nothing where a figure is missing or all are the same', () => {
    const none = { random: 0, recency: 0, attention: null, delete: 1 };
    expect(marksOf(card(1, '', none), 'aside')).toEqual([]);
    const flat = { random: 0, recency: 0, attention: 0, delete: 0 };
    expect(marksOf(card(1, '', flat), 'aside')).toEqual([]);
    expect(methodOf(card(1, '', flat), 'included', 'attention')).toBeNull();
  });

  it('explains since the beginning of the last stretch in which it does', () => {
    const verdicts = ['unknown', 'partly', 'does_not_explain', 'partly', 'explains'];
    const cards = verdicts.map((verdict, i) => card(10 * i, verdict, {}));
    expect(explainsSince(cards)).toBe(30);
    expect(explainsSince(cards.slice(0, 3))).toBeNull();
    expect(explainsSince([])).toBeNull();
  });
});
