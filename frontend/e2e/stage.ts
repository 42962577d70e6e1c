// What the Python side prepared for the browser tests: addresses of running TensorBoards, and the
// arrays that were really captured from the model.
import { readFileSync } from 'node:fs';

export interface CapturedFrame {
  run: string;
  layer: string;
  user: number;
  head: number;
  step: number;
  /** Cells [query][key] as captured, before quantisation. */
  attention: number[][];
  /** What the writer stored for them, by the Python codec. */
  codes: number[][];
  /** Largest possible |shown - captured| of each cell, by the Python codec. */
  bounds: number[][];
}

export interface Stage {
  /** TensorBoard on the trained log, default (fast) loader. */
  trained: string;
  /** The same log with the Python loader and a path prefix. */
  prefixed: string;
  /** TensorBoard on a directory with no attention data. */
  empty: string;
  /** TensorBoard on what the guides' programs for target and field attention logged. */
  axes: string;
  /** TensorBoard that takes feedback, on a run and one that learned from it; and one that takes none. */
  feedback: string;
  feedbackOff: string;
  /** TensorBoard on a directory that tests write to while they look. */
  live: string;
  /** Commands (argv) that write to `live`. */
  appendSteps: string[];
  appendLong: string[];
  removeRun: string[];
  captured: CapturedFrame[];
  /** Where to put screenshots of failures. */
  artefacts: string;
}

export function readStage(): Stage {
  const path = process.env['ATTN_E2E_STAGE'];
  if (path === undefined) throw new Error('Run these tests with pytest tests/e2e.');
  return JSON.parse(readFileSync(path, 'utf8')) as Stage;
}
