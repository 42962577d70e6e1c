/** Text from a log inside SVG and HTML: the only place that escapes, so the only place to get wrong. */

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Signs that no XML file may hold, even escaped. */
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** `text` as character data or as a quoted attribute. */
export function escapeMarkup(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign);
}

/** `value` as JSON inside a `<script>` element, which no text in it can end. */
export function escapeJson(value: unknown): string {
  const signs = /[<>&\u2028\u2029]/g;
  return JSON.stringify(value).replace(
    signs,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
