/** Numbers of evidence in the reader's language. */
/** Decimals for numbers of which the largest is `most`, so that a column of them lines up. */
export function digitsFor(most: number): number {
  if (most >= 100) return 0;
  if (most >= 0.5 || most === 0) return 2;
  return most >= 0.05 ? 3 : 4;
}

/** How a score changes: with a sign. */
export function formatChange(value: number | null, language: string, digits = 2): string {
  if (value === null) return '–';
  return new Intl.NumberFormat(language, {
    signDisplay: 'exceptZero',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value === 0 ? 0 : value);
}

/** Attention as a share, or a dash where there is none. */
export function formatPart(value: number | null | undefined, language: string): string {
  if (value === null || value === undefined) return '–';
  const digits = value < 0.0995 ? 1 : 0;
  return new Intl.NumberFormat(language, {
    style: 'percent',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

/** A weight of a slider. */
export function formatWeight(value: number, language: string): string {
  const text = new Intl.NumberFormat(language, { maximumSignificantDigits: 2 }).format(value);
  return `${text}×`;
}
