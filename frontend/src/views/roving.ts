/** A list with one tab stop: up and down go from one of its rows to the next, without leaving it. */

/** A Svelte action for the element around buttons of class `row`. */
export function roving(list: HTMLElement): { destroy: () => void } {
  const onkeydown = (event: KeyboardEvent): void => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = [...list.querySelectorAll<HTMLElement>('button.row')];
    const at = rows.findIndex((row) => row === document.activeElement);
    if (at < 0) return;
    rows[at + by]?.focus();
    event.preventDefault();
  };
  list.addEventListener('keydown', onkeydown);
  return { destroy: () => list.removeEventListener('keydown', onkeydown) };
}
