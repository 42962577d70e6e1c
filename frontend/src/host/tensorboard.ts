/** TensorBoard as the page around us: its address, its dark mode, and whether it shows this tab. */
import type { Host } from '../state/host';
import { guarded, isFramedByOthers, outerWindow } from './frame';
import { isOurs, keysOf, withKeys } from './hash';

/** Before our keys in the storage, which all of TensorBoard's origin shares. */
const STORED = 'attn.';

/** The host for a dynamic plugin's iframe; outside TensorBoard it uses its own window. */
export function tensorboardHost(): Host {
  const outer = outerWindow();
  const media = window.matchMedia('(prefers-color-scheme: dark)');
  const embedded = outer !== window;
  return {
    readLink: () => guarded(() => keysOf(outer.location.hash), new Map()),
    writeLink: (values, mode) => guarded(() => write(outer, values, mode), undefined),
    address: () => guarded(() => outer.location.href, ''),
    isDark: () =>
      guarded(
        () => (embedded ? outer.document.body.classList.contains('dark-mode') : media.matches),
        media.matches,
      ),
    // A hidden tab stays alive with no height; nothing else tells (measured).
    isHidden: () => document.visibilityState === 'hidden' || window.innerHeight === 0,
    isFramed: isFramedByOthers,
    recall: (key) => guarded(() => localStorage.getItem(STORED + key), null),
    remember: (key, value) => guarded(() => localStorage.setItem(STORED + key, value), undefined),
    onNavigate: (listener) => {
      guarded(() => {
        outer.addEventListener('hashchange', listener);
        outer.addEventListener('popstate', listener);
      }, undefined);
    },
    onDark: (listener) => {
      media.addEventListener('change', listener);
      guarded(() => {
        const observer = new MutationObserver(listener);
        observer.observe(outer.document.body, { attributes: true, attributeFilter: ['class'] });
      }, undefined);
    },
    onHidden: (listener) => {
      window.addEventListener('resize', listener);
      document.addEventListener('visibilitychange', listener);
    },
  };
}

function write(outer: Window, values: ReadonlyMap<string, string>, mode: 'push' | 'replace'): void {
  const { pathname, search, hash } = outer.location;
  if (!isOurs(hash)) return;
  // The whole path, because a bare `#…` would resolve against the iframe's <base>.
  const url = `${pathname}${search}${withKeys(hash, values)}`;
  if (mode === 'push') outer.history.pushState(outer.history.state, '', url);
  else outer.history.replaceState(outer.history.state, '', url);
}
