import { describe, expect, it } from 'vitest';
import type { RecommendationColumns } from '../../src/data/schema';
import { extendTimeline, gapAt } from '../../src/state/columns';
import { Notices } from '../../src/state/notices.svelte';
import { Poller } from '../../src/state/poller';
import { joinColumns, listAt } from '../../src/state/recommendations';
import { plainFilter, regexFilter } from '../../src/state/run_filter';
import { columns } from '../fake_server';

const gap = (first_step: number, last_step: number) => ({
  first_step,
  last_step,
  frame_count: 1,
  reason: 'dropped',
  detail: '',
});

describe('adding what is new to a timeline', () => {
  it('joins every column', () => {
    const joined = extendTimeline(columns([0, 1]), columns([2, 3]));
    expect(joined?.steps).toEqual([0, 1, 2, 3]);
    expect(joined?.wall_times_s).toEqual([0, 0.5, 1, 1.5]);
    expect([joined?.epochs.length, joined?.attempt_of_step.length]).toEqual([4, 4]);
  });

  it('lets a gap that grew replace itself', () => {
    const joined = extendTimeline(
      columns([0], ['a'], [gap(1, 2)]),
      columns([9], ['a'], [gap(1, 5), gap(7, 8)]),
    );
    expect(joined?.gaps).toEqual([gap(1, 5), gap(7, 8)]);
    expect(gapAt(joined?.gaps ?? [], 4)).toEqual(gap(1, 5));
    expect(gapAt(joined?.gaps ?? [], 6)).toBeUndefined();
  });

  it('gives up when training was started again, or steps come twice', () => {
    expect(extendTimeline(columns([0, 1]), columns([2], ['a', 'b']))).toBeNull();
    expect(extendTimeline(columns([0, 1]), columns([2], ['b']))).toBeNull();
    expect(extendTimeline(columns([0, 5]), columns([5, 6]))).toBeNull();
  });
});

describe('filters', () => {
  it('understand regular expressions, in any case', () => {
    const filter = regexFilter('^d(32|64)$');
    expect(['D32', 'd64', 'd640'].map((name) => filter.matches(name))).toEqual([true, true, false]);
  });

  it('let everything through when empty', () => {
    expect(regexFilter('').matches('x')).toBe(true);
    expect(plainFilter('').matches('x')).toBe(true);
  });

  it('match a broken expression as text, and say that it is broken', () => {
    const filter = regexFilter('lr=(0.1');
    expect(filter.valid).toBe(false);
    expect([filter.matches('LR=(0.1)'), filter.matches('lr=0.1')]).toEqual([true, false]);
  });

  it('find words in any order', () => {
    const filter = plainFilter('france 48');
    expect([filter.matches('48 items, France'), filter.matches('France')]).toEqual([true, false]);
  });
});

describe('recommendations', () => {
  const known: RecommendationColumns = {
    run: 'r',
    user: 0,
    steps: [0, 10, 20],
    items: [
      [1, 2, 3],
      [2, 1, 3],
      [3, 4, 1],
    ],
    scores: [
      [9, 8, 7],
      [9, 8, 7],
      [6, 5, 4],
    ],
    target_ranks: [3, 3, null],
    target_scores: [7, 7, null],
    seen_removed: true,
    absent: [],
  };
  const moves = (step: number, reference: 'first' | 'previous') =>
    listAt(known, step, reference)?.entries.map((entry) => entry.before);

  it('are those of the latest logged step, which is named', () => {
    const list = listAt(known, 13, 'first');
    expect([list?.step, list?.targetRank, list?.referenceStep]).toEqual([10, 3, 0]);
    expect(list?.entries.map(({ item, rank, score }) => [item, rank, score])).toEqual([
      [2, 1, 9],
      [1, 2, 8],
      [3, 3, 7],
    ]);
  });

  it('say where each item was before, or that it was not there', () => {
    expect(moves(20, 'first')).toEqual([3, null, 1]);
    expect(moves(20, 'previous')).toEqual([3, null, 2]);
  });

  it('have nothing to compare the first list with, and no list before it', () => {
    expect(listAt(known, 0, 'first')?.referenceStep).toBeNull();
    expect(moves(0, 'previous')).toEqual([null, null, null]);
    expect(listAt(known, -1, 'first')).toBeNull();
  });

  it('join by step, the newer answer winning', () => {
    const later = {
      ...known,
      steps: [20, 30],
      items: [[9], [8]],
      scores: [[1], [2]],
      target_ranks: [1, 2],
      target_scores: [1, 2],
    };
    const joined = joinColumns(known, later);
    expect(joined.steps).toEqual([0, 10, 20, 30]);
    expect(joined.items).toEqual([[1, 2, 3], [2, 1, 3], [9], [8]]);
    expect(joined.target_ranks).toEqual([3, 3, 1, 2]);
  });
});

describe('small things', () => {
  it('a notice is said once and can be dismissed', () => {
    const notices = new Notices();
    notices.add({ what: 'run', wanted: 'x', shown: 'a' });
    notices.add({ what: 'run', wanted: 'x', shown: 'b' });
    expect(notices.list.length).toBe(1);
    const [notice] = notices.list;
    if (notice) notices.dismiss(notice);
    expect(notices.list).toEqual([]);
  });

  it('polling slows down with failures, and not without end', () => {
    expect([0, 1, 2, 3, 4, 99].map((failures) => Poller.delayS(failures))).toEqual([
      2, 2, 4, 8, 16, 30,
    ]);
  });
});
