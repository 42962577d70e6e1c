/** What is pinned side by side. A panel follows the timeline unless it has a step of its own. */
import { formatPanels, MOST_PANELS, parsePanels, type PanelChoice } from './panel_link';

/** Two to four pinned pictures. */
export class Compare {
  panels = $state.raw<readonly PanelChoice[]>([]);

  /** Add a panel; with four there already, the oldest goes. The same one is not added twice. */
  pin(choice: PanelChoice): void {
    const key = JSON.stringify(choice);
    if (this.panels.some((panel) => JSON.stringify(panel) === key)) return;
    this.panels = [...this.panels, choice].slice(-MOST_PANELS);
  }

  /** Take a panel away. */
  remove(index: number): void {
    this.panels = this.panels.filter((_, i) => i !== index);
  }

  /** Show something else in a panel. */
  change(index: number, part: Partial<PanelChoice>): void {
    this.panels = this.panels.map((panel, i) => (i === index ? { ...panel, ...part } : panel));
  }

  /** Take over what an address says. */
  take(text: string | undefined): void {
    const now = text ?? '';
    if (now !== formatPanels(this.panels)) this.panels = parsePanels(now);
  }

  /** What an address would have to say. */
  get link(): string {
    return formatPanels(this.panels);
  }
}
