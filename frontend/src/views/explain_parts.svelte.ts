/** Evidence, what-ifs and computations are a third script, which is asked for when a view needs it. */
import type * as Explain from './explain/explain';

/** The components of that script. */
export type ExplainParts = typeof Explain;

let parts = $state.raw<ExplainParts | null>(null);
let failed = $state(false);
let asked = false;

/** The components, once they are here. */
export function explainParts(): ExplainParts | null {
  if (!asked) {
    asked = true;
    import('./explain/explain').then(
      (loaded) => (parts = loaded),
      () => (failed = true), // offline, or the server was upgraded since
    );
  }
  return parts;
}

/** Whether the script could not be loaded. */
export function explainFailed(): boolean {
  return failed;
}
