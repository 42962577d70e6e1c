/**
 * Where the reader is in training. Commands are the only way to move; new steps never move the
 * cursor unless it is `following`.
 */
import { bisectLeft } from 'd3-array';
import { indexAtOrBefore } from '../data/steps';
import { SPEEDS, type AxisName, type Link, type StepRange } from './link';

/** `following` keeps to the newest logged step. */
export type Mode = 'paused' | 'playing' | 'following';

/** Logged steps per second at speed 1. */
export const STEPS_PER_SECOND = 8;

/** The player of one run's logged steps. */
export class Timeline {
  steps = $state.raw<readonly number[]>([]);
  mode = $state<Mode>('paused');
  /** A step, logged or not; `null` until the first steps are known. */
  cursor = $state<number | null>(null);
  speed = $state(1);
  loop = $state(false);
  /** The stretch that is played; `null` is all of it. */
  range = $state.raw<StepRange | null>(null);
  direction = $state<1 | -1>(1);
  axis = $state<AxisName>('step');
  /** Index of the logged step that is shown: the latest one at or before the cursor, else -1. */
  readonly index = $derived(this.cursor === null ? -1 : indexAtOrBefore(this.steps, this.cursor));
  /** The logged step that is shown. */
  readonly shown = $derived(this.steps[this.index] ?? null);
  private carry = 0;
  /** The cursor is where the first steps put it. */
  private untouched = false;
  /** Indices of the first and last logged step that are played. */
  private readonly ends = $derived.by<readonly [number, number]>(() => {
    const { steps, range } = this;
    if (!range) return [0, steps.length - 1];
    const from = bisectLeft(steps as number[], range.first);
    const to = indexAtOrBefore(steps, range.last);
    return from < to ? [from, to] : [0, steps.length - 1];
  });

  /**
   * The logged steps changed. The cursor stays where it is, except at the start or when following. The start
   * lasts while the log is still `beingRead`, unless the reader moved: what is newest is not known before.
   */
  receive(steps: readonly number[], beingRead = false): void {
    this.steps = steps;
    if (steps.length === 0) return;
    const isStart = this.cursor === null || (beingRead && this.untouched);
    if (isStart || this.mode === 'following') this.cursor = steps.at(-1) ?? null;
    if (isStart) this.untouched = true;
  }

  /** Show `step`, or the latest logged one before it. */
  seek(step: number): void {
    if (this.mode === 'following') this.mode = 'paused';
    if (this.cursor !== null && step !== this.cursor) this.direction = step < this.cursor ? -1 : 1;
    this.cursor = step;
    this.untouched = false;
    this.carry = 0;
  }

  /** Show the logged step at `index`, kept within what there is. */
  seekIndex(index: number): void {
    const step = this.steps[Math.max(0, Math.min(this.steps.length - 1, index))];
    if (step !== undefined) this.seek(step);
  }

  /** Move by logged steps. Forward from between two steps goes to the later one. */
  move(count: number): void {
    if (this.mode === 'playing') this.mode = 'paused';
    this.seekIndex(count < 0 && this.isBetween ? this.index + count + 1 : this.index + count);
  }

  /** Show the first logged step. */
  first(): void {
    this.seekIndex(0);
  }

  /** Show the last logged step. */
  last(): void {
    this.seekIndex(this.steps.length - 1);
  }

  /** Start playing; from the start if at the end, or outside the stretch that is looped. */
  play(): void {
    if (this.steps.length < 2) return;
    const [from, to] = this.ends;
    if (this.index >= to || this.index < from) this.seekIndex(from);
    this.mode = 'playing';
    this.untouched = false;
    this.direction = 1;
    this.carry = 0;
  }

  /** Stop where we are. */
  pause(): void {
    this.mode = 'paused';
  }

  /** Play or pause. */
  toggle(): void {
    if (this.mode === 'playing') this.pause();
    else this.play();
  }

  /** Keep to the newest step from now on. */
  follow(): void {
    this.mode = 'following';
    this.direction = 1;
    this.receive(this.steps);
  }

  /** Play at `speed`, one of `SPEEDS`. */
  setSpeed(speed: number): void {
    if (SPEEDS.includes(speed)) this.speed = speed;
  }

  /** The next faster (`1`) or slower (`-1`) speed. */
  changeSpeed(by: 1 | -1): void {
    this.setSpeed(SPEEDS[SPEEDS.indexOf(this.speed) + by] ?? this.speed);
  }

  /** Start again at the end, or not. */
  toggleLoop(): void {
    this.loop = !this.loop;
  }

  /** Loop a stretch, given by two steps in any order. */
  select(one: number, other: number): void {
    if (one === other) return;
    this.range = { first: Math.min(one, other), last: Math.max(one, other) };
    this.loop = true;
  }

  /** Loop from (`in`) or to (`out`) the step that is shown; the other end stays, if it can. */
  mark(end: 'in' | 'out'): void {
    const { shown, steps, range } = this;
    const [first, last] = [steps[0], steps.at(-1)];
    if (shown === null || first === undefined || last === undefined) return;
    if (end === 'in') this.select(shown, range && range.last > shown ? range.last : last);
    else this.select(range && range.first < shown ? range.first : first, shown);
  }

  /** Play everything again. */
  clearRange(): void {
    this.range = null;
  }

  /** Take over what an address says. */
  take(link: Link): void {
    this.axis = link.axis ?? 'step';
    this.loop = link.loop ?? false;
    this.range = link.range ?? null;
    this.speed = link.speed ?? 1;
    if (link.live) this.follow();
    else if (link.step !== undefined) this.seek(link.step);
  }

  /** Count along `axis`. */
  setAxis(axis: AxisName): void {
    this.axis = axis;
  }

  /** Time passed while playing. Holds still while `isReady` says the next frame is not here yet. */
  tick(elapsedS: number, isReady: (step: number) => boolean): void {
    if (this.mode !== 'playing') return;
    this.carry = Math.min(this.carry + elapsedS * this.speed * STEPS_PER_SECOND, 8);
    while (this.carry >= 1 && this.mode === 'playing') {
      const next = this.next();
      if (next === null) this.mode = 'paused';
      else if (!isReady(next)) return;
      else this.cursor = next;
      this.carry -= 1;
    }
  }

  private next(): number | null {
    const [from, to] = this.ends;
    if (this.index >= from && this.index < to) return this.steps[this.index + 1] ?? null;
    return this.loop ? (this.steps[from] ?? null) : null;
  }

  private get isBetween(): boolean {
    return this.shown !== this.cursor;
  }
}
