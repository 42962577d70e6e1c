/** Keys that work anywhere in the tab, except where the key already means something. */
import type { Session } from '../state/session.svelte';

const OWN_ARROWS = '[role="application"], [role="tablist"], [role="radiogroup"], input, select';

/** Do what a key stands for; true if it stood for something. */
export function runShortcut(session: Session, event: KeyboardEvent, showHelp: () => void): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || !session.preferences.shortcuts)
    return false;
  const target = event.target instanceof Element ? event.target : null;
  if (isTyping(target)) return false;
  // Caps Lock is no reason to do nothing.
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const command = commandOf(session, key, event.shiftKey ? 10 : 1, showHelp);
  if (!command || isTaken(target, event.key)) return false;
  command();
  return true;
}

function isTyping(target: Element | null): boolean {
  if (target instanceof HTMLInputElement) return ['text', 'search', 'number'].includes(target.type);
  return (
    target instanceof HTMLSelectElement || (target?.closest('dialog') !== null && target !== null)
  );
}

function isTaken(target: Element | null, key: string): boolean {
  if (key === ' ') return target?.closest('button, a, summary, input, [role="tab"]') != null;
  return /^(Arrow|Home|End)/.test(key) && target?.closest(OWN_ARROWS) != null;
}

function commandOf(
  session: Session,
  key: string,
  by: number,
  showHelp: () => void,
): (() => void) | undefined {
  const { timeline } = session;
  const commands: Record<string, () => void> = {
    ' ': () => timeline.toggle(),
    ArrowLeft: () => timeline.move(-by),
    ArrowRight: () => timeline.move(by),
    Home: () => timeline.first(),
    End: () => timeline.last(),
    '[': () => moveHead(session, -1),
    ']': () => moveHead(session, 1),
    ',': () => timeline.changeSpeed(-1),
    '.': () => timeline.changeSpeed(1),
    i: () => timeline.mark('in'),
    o: () => timeline.mark('out'),
    u: () => timeline.clearRange(),
    p: () => pinCurrent(session),
    c: () => (session.selection.view = 'compare'),
    '?': showHelp,
  };
  return commands[key];
}

/** Add what is chosen on the left to the comparison. */
export function pinCurrent({ run, layer, user, selection, compare }: Session): void {
  if (!run || !layer || !user) return;
  compare.pin({
    run: run.name,
    layer: layer.name,
    user: user.id,
    head: selection.head,
    step: null,
  });
}

/** Choose the head before or after, going on in the neighbouring layer. */
export function moveHead({ selection, layers, layer }: Session, by: 1 | -1): void {
  if (!layer) return;
  const head = selection.head + by;
  if (head >= 0 && head < layer.head_count) {
    selection.head = head;
    return;
  }
  const neighbour = layers[layers.indexOf(layer) + by];
  if (!neighbour) return;
  selection.layer = neighbour.name;
  selection.head = by > 0 ? 0 : neighbour.head_count - 1;
}
