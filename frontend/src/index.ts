/** Where TensorBoard starts the tab: joins the page around us, the session and the views. */
import { mount } from 'svelte';
import { prepareDocument, setTheme } from './host/document';
import { tensorboardHost } from './host/tensorboard';
import { language, preferred, setLanguage, words } from './i18n/language.svelte';
import { Session } from './state/session.svelte';
import { wire } from './state/wire.svelte';
import App from './views/App.svelte';
import css from './views/tokens.css?inline';

/** Called once by TensorBoard's entry document. */
export function render(): void {
  const host = tensorboardHost();
  setLanguage(preferred(navigator.languages));
  const target = prepareDocument(language(), words().title, css);
  const followTheme = (): void => setTheme(host.isDark());
  followTheme();
  host.onDark(followTheme);
  const session = new Session(host);
  mount(App, { target, props: { session } });
  wire(session);
}
