/** Our keys in TensorBoard's hash: `#attn&p.attn.run=d32&p.attn.step=40`. Others' are left alone. */

const PREFIX = 'p.attn.';

/** Our keys, without their prefix. Broken escapes are left out. */
export function keysOf(hash: string): Map<string, string> {
  const keys = new Map<string, string>();
  for (const part of partsOf(hash)) {
    if (!part.startsWith(PREFIX)) continue;
    const at = part.indexOf('=');
    const value = decode(part.slice(at + 1));
    if (at > PREFIX.length && value !== null) keys.set(part.slice(PREFIX.length, at), value);
  }
  return keys;
}

/** `hash` with our keys replaced by `values`. */
export function withKeys(hash: string, values: ReadonlyMap<string, string>): string {
  const others = partsOf(hash).filter((part) => !part.startsWith(PREFIX));
  const ours = [...values].map(([key, value]) => `${PREFIX}${key}=${encodeURIComponent(value)}`);
  return `#${[...others, ...ours].join('&')}`;
}

/** Whether TensorBoard shows this tab: its first part names the active plugin. */
export function isOurs(hash: string): boolean {
  const [first] = partsOf(hash);
  return first === undefined || first === 'attn' || first.startsWith('p.');
}

function partsOf(hash: string): string[] {
  return hash.replace(/^#/, '').split('&').filter(Boolean);
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
