/** Hands a file to the reader: a link to a blob, which the policy of TensorBoard's iframe allows. */

/** The address stays valid this long: some browsers start a download late. */
const KEEP_MS = 60_000;

/** Save `content` as `name`. */
export function download(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.hidden = true;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), KEEP_MS);
}

/** A file name of words that any file system takes. */
export function fileName(parts: readonly (string | number)[], extension: string): string {
  const words = parts.map((part) =>
    `${part}`
      .normalize('NFC')
      .replace(/[^\p{L}\p{N}_.-]+/gu, '-')
      .replace(/^[-.]+|[-.]+$/g, ''),
  );
  return `${['attention', ...words].filter(Boolean).join('_').slice(0, 120)}.${extension}`;
}
