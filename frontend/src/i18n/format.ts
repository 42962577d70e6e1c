/** Numbers, durations and dates in the reader's language; the only place that formats. */

const formatters = new Map<string, Intl.NumberFormat>();

function numberFormat(language: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = language + JSON.stringify(options);
  const known = formatters.get(key) ?? new Intl.NumberFormat(language, options);
  formatters.set(key, known);
  return known;
}

/** A count: `1,234`. */
export function formatCount(value: number, language: string): string {
  return numberFormat(language, { maximumFractionDigits: 0 }).format(value);
}

/** A number with exactly `digits` decimals. */
export function formatFixed(value: number, digits: number, language: string): string {
  return numberFormat(language, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

/** A share of attention, with as many decimals as its size asks for. */
export function formatAttention(value: number, language: string): string {
  if (value !== 0 && value < 0.0001) return `<${formatFixed(0.0001, 4, language)}`;
  return formatFixed(value, 4, language);
}

/** A share as a percentage, with one decimal where it is small. */
export function formatShare(value: number, language: string): string {
  const digits = value < 0.0995 ? 1 : 0;
  return numberFormat(language, { style: 'percent', maximumFractionDigits: digits }).format(value);
}

/** A value on a scale: no needless zeros. */
export function formatTick(value: number, language: string): string {
  return numberFormat(language, { maximumSignificantDigits: 3 }).format(value);
}

/** A number with a sign, zero included. */
export function formatSigned(value: number, language: string): string {
  return numberFormat(language, { signDisplay: 'exceptZero', maximumFractionDigits: 0 }).format(
    value,
  );
}

/** A difference of attention, with its sign. */
export function formatDifference(value: number, language: string): string {
  return numberFormat(language, {
    signDisplay: 'exceptZero',
    minimumFractionDigits: 4,
    maximumFractionDigits: 4,
  }).format(value);
}

const moments = new Map<string, Intl.DateTimeFormat>();

/** Date and time to the second. */
export function formatMoment(seconds: number, language: string): string {
  const style = { dateStyle: 'medium', timeStyle: 'medium' } as const;
  const format = moments.get(language) ?? new Intl.DateTimeFormat(language, style);
  moments.set(language, format);
  return format.format(seconds * 1000);
}

/** Hours, minutes and seconds of a duration: `1:02:03`, `2:03`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const pad = (value: number): string => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/** Several names as one text: `a, b, and c`. */
export function formatList(names: readonly string[], tag: string): string {
  return new Intl.ListFormat(tag, { type: 'conjunction' }).format(names);
}
