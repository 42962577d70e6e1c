import { describe, expect, it } from 'vitest';
import { SPEEDS } from '../../src/state/link';
import { STEPS_PER_SECOND, Timeline } from '../../src/state/timeline.svelte';

const always = (): boolean => true;

function timelineAt(cursor: number | null, steps = [0, 10, 20, 30, 40]): Timeline {
  const timeline = new Timeline();
  timeline.receive(steps);
  if (cursor !== null) timeline.seek(cursor);
  return timeline;
}

/** Let time for exactly `count` steps at speed 1 pass. */
function pass(
  timeline: Timeline,
  count: number,
  isReady: (step: number) => boolean = always,
): void {
  timeline.tick(count / STEPS_PER_SECOND, isReady);
}

describe('the cursor', () => {
  it('begins at the newest step', () => {
    expect(timelineAt(null).shown).toBe(40);
  });

  it('shows the latest logged step at or before it', () => {
    const timeline = timelineAt(23);
    expect([timeline.cursor, timeline.shown, timeline.index]).toEqual([23, 20, 2]);
  });

  it('shows nothing before the first logged step', () => {
    const timeline = timelineAt(-5);
    expect([timeline.shown, timeline.index]).toEqual([null, -1]);
  });

  it('never jumps when steps arrive, go, or come back', () => {
    const timeline = timelineAt(20);
    for (const steps of [[0, 10, 20, 30, 40, 50], [30, 40], [], [0, 10, 20]]) {
      timeline.receive(steps);
      expect(timeline.cursor).toBe(20);
    }
  });

  it('stays at the newest while the log is being read, until the reader moves', () => {
    const timeline = timelineAt(null);
    timeline.receive([0, 10, 20, 30, 40, 50], true);
    expect(timeline.cursor).toBe(50);
    timeline.receive([0, 10, 20, 30, 40, 50, 60]);
    expect(timeline.cursor).toBe(50);
    const moved = timelineAt(null);
    moved.move(-1);
    moved.receive([0, 10, 20, 30, 40, 50], true);
    expect(moved.cursor).toBe(30);
    const linked = timelineAt(20);
    linked.receive([0, 10, 20, 30, 40, 50], true);
    expect(linked.cursor).toBe(20);
  });

  it('moves with new steps when following, and says so', () => {
    const timeline = timelineAt(20);
    timeline.follow();
    expect([timeline.mode, timeline.cursor]).toEqual(['following', 40]);
    timeline.receive([0, 10, 20, 30, 40, 50]);
    expect(timeline.cursor).toBe(50);
  });
});

describe('commands', () => {
  it('move by logged steps and stop at the ends', () => {
    const timeline = timelineAt(20);
    timeline.move(1);
    expect(timeline.cursor).toBe(30);
    timeline.move(-2);
    expect(timeline.cursor).toBe(10);
    timeline.move(-10);
    expect(timeline.cursor).toBe(0);
    timeline.move(10);
    expect(timeline.cursor).toBe(40);
  });

  it('go from between two steps to the nearer one on that side', () => {
    const back = timelineAt(23);
    back.move(-1);
    expect(back.cursor).toBe(20);
    const forth = timelineAt(23);
    forth.move(1);
    expect(forth.cursor).toBe(30);
  });

  it('go to the first and the last', () => {
    const timeline = timelineAt(20);
    timeline.first();
    expect(timeline.cursor).toBe(0);
    timeline.last();
    expect(timeline.cursor).toBe(40);
  });

  it('end following, and remember the direction for prefetching', () => {
    const timeline = timelineAt(20);
    timeline.follow();
    timeline.move(-1);
    expect([timeline.mode, timeline.direction]).toEqual(['paused', -1]);
    timeline.move(1);
    expect(timeline.direction).toBe(1);
  });

  it('take only speeds that are offered, step by step', () => {
    const timeline = timelineAt(20);
    timeline.setSpeed(3);
    expect(timeline.speed).toBe(1);
    for (let i = 0; i < 10; i += 1) timeline.changeSpeed(1);
    expect(timeline.speed).toBe(SPEEDS.at(-1));
    for (let i = 0; i < 20; i += 1) timeline.changeSpeed(-1);
    expect(timeline.speed).toBe(SPEEDS[0]);
  });

  it('do nothing without steps', () => {
    const timeline = new Timeline();
    timeline.move(1);
    timeline.first();
    timeline.play();
    timeline.follow();
    expect(timeline.cursor).toBeNull();
    expect(timeline.mode).toBe('following');
  });
});

describe('playing', () => {
  it('moves with time and stops at the end', () => {
    const timeline = timelineAt(0);
    timeline.toggle();
    pass(timeline, 2);
    expect([timeline.mode, timeline.cursor]).toEqual(['playing', 20]);
    pass(timeline, 8);
    expect([timeline.mode, timeline.cursor]).toEqual(['paused', 40]);
  });

  it('is as fast as its speed says', () => {
    const slow = timelineAt(0);
    slow.setSpeed(0.25);
    slow.play();
    pass(slow, 4);
    expect(slow.cursor).toBe(10);
    const fast = timelineAt(0);
    fast.setSpeed(4);
    fast.play();
    pass(fast, 1);
    expect(fast.cursor).toBe(40);
  });

  it('starts over from the end, and goes round when looping', () => {
    const timeline = timelineAt(40);
    timeline.play();
    expect(timeline.cursor).toBe(0);
    timeline.toggleLoop();
    pass(timeline, 5);
    expect([timeline.mode, timeline.cursor]).toEqual(['playing', 0]);
  });

  it('waits for a frame that is not here, and goes on when it is', () => {
    const timeline = timelineAt(0);
    timeline.play();
    pass(timeline, 3, (step) => step < 20);
    expect([timeline.mode, timeline.cursor]).toEqual(['playing', 10]);
    pass(timeline, 1);
    expect(timeline.cursor).toBeGreaterThan(10);
  });

  it('stops when a step is chosen by hand, and stands still when paused', () => {
    const timeline = timelineAt(0);
    timeline.play();
    timeline.move(1);
    expect(timeline.mode).toBe('paused');
    pass(timeline, 3);
    expect(timeline.cursor).toBe(10);
  });

  it('has nothing to play with one step', () => {
    const timeline = timelineAt(0, [0]);
    timeline.play();
    expect(timeline.mode).toBe('paused');
  });
});

describe('a looped selection', () => {
  it('is played over and over, and nothing else', () => {
    const timeline = timelineAt(40);
    timeline.select(30, 10);
    expect(timeline.range).toEqual({ first: 10, last: 30 });
    timeline.play();
    expect(timeline.cursor).toBe(10);
    const seen = [1, 2, 3, 4].map(() => {
      pass(timeline, 1);
      return timeline.cursor;
    });
    expect(seen).toEqual([20, 30, 10, 20]);
    expect(timeline.mode).toBe('playing');
  });

  it('is played once when looping is off', () => {
    const timeline = timelineAt(0);
    timeline.select(10, 30);
    timeline.toggleLoop();
    timeline.play();
    pass(timeline, 5);
    expect([timeline.mode, timeline.cursor]).toEqual(['paused', 30]);
  });

  it('is joined again by a cursor that left it', () => {
    const timeline = timelineAt(10);
    timeline.select(10, 30);
    timeline.play();
    timeline.seek(40);
    pass(timeline, 1);
    expect(timeline.cursor).toBe(10);
  });

  it('is set end by end from where the cursor is', () => {
    const timeline = timelineAt(10);
    timeline.mark('in');
    expect(timeline.range).toEqual({ first: 10, last: 40 });
    timeline.seek(33);
    timeline.mark('out');
    expect(timeline.range).toEqual({ first: 10, last: 30 });
    timeline.seek(40);
    timeline.mark('in');
    expect(timeline.range).toEqual({ first: 10, last: 30 });
    timeline.seek(0);
    timeline.mark('out');
    expect(timeline.range).toEqual({ first: 10, last: 30 });
    timeline.clearRange();
    expect(timeline.range).toBeNull();
  });

  it('of steps that are not there is no selection', () => {
    const timeline = timelineAt(0);
    timeline.select(31, 39);
    timeline.toggleLoop();
    timeline.play();
    pass(timeline, 8);
    expect(timeline.cursor).toBe(40);
  });

  it('lets the cursor be where it is, also when steps arrive', () => {
    const timeline = timelineAt(40);
    timeline.select(10, 20);
    timeline.receive([0, 10, 20, 30, 40, 50]);
    expect(timeline.cursor).toBe(40);
    timeline.move(-1);
    expect(timeline.cursor).toBe(30);
  });
});
