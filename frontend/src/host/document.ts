/** TensorBoard's entry document has no language, title, landmarks or styles: give it some. */

/** Prepare the document; returns the element to draw into. */
export function prepareDocument(language: string, title: string, css: string): HTMLElement {
  document.documentElement.lang = language;
  document.title = title;
  const style = document.createElement('style');
  style.textContent = css;
  document.head.append(style);
  const root = document.createElement('div');
  root.id = 'attn';
  document.body.replaceChildren(root);
  return root;
}

/** Colours for light or dark, everywhere in the document. */
export function setTheme(dark: boolean): void {
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
}
