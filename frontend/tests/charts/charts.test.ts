import { describe, expect, it } from 'vitest';
import { curvePath, pointsOf, rangeOf } from '../../src/charts/curve';
import {
  gapSpans,
  hasAxis,
  nearestIndex,
  positionOfStep,
  tickPath,
  trackOf,
} from '../../src/charts/track';
import { columns } from '../fake_server';

const track = trackOf(columns([0, 10, 30, 40]), 'step');

describe('the track', () => {
  it('spreads logged steps by their number', () => {
    expect(track.at).toEqual([0, 0.25, 0.75, 1]);
  });

  it('spreads them by time or epoch when asked to', () => {
    const uneven = { ...columns([0, 1, 2]), wall_times_s: [0, 1, 4], epochs: [0, 0.5, 1] };
    expect(trackOf(uneven, 'wall').at).toEqual([0, 0.25, 1]);
    expect(trackOf(uneven, 'epoch').at).toEqual([0, 0.5, 1]);
  });

  it('never runs backwards, even if the clock did', () => {
    expect(trackOf({ ...columns([0, 1, 2]), wall_times_s: [5, 3, 9] }, 'wall').at).toEqual([
      0, 0, 1,
    ]);
  });

  it('falls back to steps where epochs are missing', () => {
    const some = { ...columns([0, 1, 4]), epochs: [0, null, 1] };
    expect(hasAxis(some, 'epoch')).toBe(false);
    expect(trackOf(some, 'epoch').at).toEqual([0, 0.25, 1]);
  });

  it('puts a lone step in the middle', () => {
    expect(trackOf(columns([7]), 'step').at).toEqual([0.5]);
  });

  it('places steps that are not logged between those that are', () => {
    expect([-5, 5, 20, 99].map((step) => positionOfStep(track, step))).toEqual([0, 0.125, 0.5, 1]);
  });

  it('finds the nearest logged step', () => {
    expect([-1, 0.1, 0.2, 0.51, 2].map((at) => nearestIndex(track, at))).toEqual([0, 0, 1, 2, 3]);
  });

  it('shows a gap as wide as it is', () => {
    const gap = { first_step: 11, last_step: 29, frame_count: 2, reason: 'dropped', detail: '' };
    const [span] = gapSpans(track, [gap]);
    expect(span?.from).toBeCloseTo(0.2625, 9);
    expect(span?.to).toBeCloseTo(0.7375, 9);
  });

  it('spares the steps of a gap that were logged', () => {
    const gap = { first_step: 12, last_step: 28, frame_count: 16, reason: 'thinned', detail: '' };
    const spans = gapSpans(trackOf(columns([10, 20, 21, 30]), 'step'), [gap]);
    expect(spans.map(({ sparse }) => sparse)).toEqual([true, true]);
    expect(spans.map(({ from, to }) => [10 + 20 * from, 10 + 20 * to])).toEqual([
      [11.5, 19.5],
      [21.5, 28.5],
    ]);
  });

  it('draws each pixel’s tick once', () => {
    const many = trackOf(columns(Array.from({ length: 5000 }, (_, i) => i)), 'step');
    expect(tickPath(many, 100, 0, 5).match(/M/g)?.length).toBe(101);
    expect(tickPath(track, 100, 2, 8)).toBe('M0 2v8M25 2v8M75 2v8M100 2v8');
  });
});

describe('curves', () => {
  const box = { width: 100, height: 10, range: [0, 2] as [number, number] };

  it('go through their points, low values low', () => {
    expect(curvePath([0, 0.5, 1], [0, 1, 2], box)).toBe('M0.0 10.0L50.0 5.0L100.0 0.0');
  });

  it('are interrupted where a number is missing', () => {
    expect(curvePath([0, 0.5, 1], [0, null, 2], box)).toBe('M0.0 10.0M100.0 0.0');
    const { at, values } = pointsOf([0, 0.5, 1], [0, null, 2]);
    expect(curvePath(at, values, box)).toBe('M0.0 10.0L100.0 0.0');
  });

  it('hold at most two points per pixel, and the last one', () => {
    const at = Array.from({ length: 10_001 }, (_, i) => i / 10_000);
    const path = curvePath(at, at, box);
    expect(path.match(/[ML]/g)?.length).toBeLessThanOrEqual(203);
    expect(path).toContain('L100.0');
  });

  it('stay flat when all values are the same', () => {
    expect(curvePath([0, 1], [3, 3], { ...box, range: [3, 3] })).toBe('M0.0 10.0L100.0 10.0');
  });

  it('know their range without what is missing', () => {
    expect(
      rangeOf([
        [1, null, 3],
        [Number.NaN, -2],
      ]),
    ).toEqual([-2, 3]);
    expect(rangeOf([[null]])).toBeNull();
  });
});
