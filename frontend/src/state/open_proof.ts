/** Opens the comparison of a run with the one it learned from: the same user, each at its end. */
import type { Run } from '../data/schema';
import { loggedLayers } from './derived';
import type { PanelChoice } from './panel_link';
import type { Session } from './session.svelte';

/** Show `child` beside `parent`, of the chosen user: cohorts are the same, place by place. */
export async function openProof(session: Session, parent: Run, child: Run): Promise<void> {
  const index = session.user?.index ?? 0;
  await Promise.all([parent, child].map((run) => session.log.loadCatalogue(run.name)));
  const panel = (run: Run): PanelChoice => ({
    run: run.name,
    layer: loggedLayers(run).at(-1)?.name ?? null,
    user: session.usersOf(run)[index]?.id ?? null,
    head: 0,
    step: run.last_step,
  });
  session.selection.chooseRun(child.name);
  session.compare.panels = [panel(parent), panel(child)];
  session.selection.view = 'compare';
}
