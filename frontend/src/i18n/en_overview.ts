/** The English words of attention too long to be kept whole: its overview of tiles, its largest cells. */

/** Part of `en`. */
export const enOverview = {
  overview: {
    heading: 'Overview',
    title:
      'This attention was too long to be kept whole. Kept are the mean and the largest cell of each tile, the row that predicts, and the largest cells of every row.',
    choices: { mean: 'Mean', maximum: 'Largest', row: 'Exact row' },
    explain: {
      mean: 'Each cell of the picture is the mean of a tile of cells',
      maximum: 'Each cell of the picture is the largest of a tile of cells',
      row: 'The row of the predicting position, every cell as captured',
    },
    notes: {
      mean: (queries: string, keys: string) =>
        `reduced: each cell is the mean of ${queries} × ${keys} cells`,
      maximum: (queries: string, keys: string) =>
        `reduced: each cell is the largest of ${queries} × ${keys} cells`,
      row: (queries: string) =>
        `reduced: exact row of the predicting position, the last of ${queries}`,
    },
    upTo: (count: string) => `up to ${count}`,
    values: {
      mean: (value: string) => `mean ${value}`,
      maximum: (value: string) => `largest ${value}`,
    },
    span: (first: string, last: string) => `#${first}–${last}`,
    titles: (first: string, last: string) => `${first} … ${last}`,
    cells: (queries: string, keys: string) => `a tile of ${queries} queries × ${keys} keys`,
    crossing: 'cells that are not applicable count as 0 in it',
    apart: 'Every key of this tile comes after every query of it.',
    top: 'Largest cells of these queries',
    topNote: (count: string) => `Known exactly: the ${count} largest of every query. Ringed.`,
    sentence: (
      head: string,
      layer: string,
      user: string,
      step: string,
      whole: string,
      tiles: string,
    ) =>
      `Attention of ${head} in ${layer} for ${user} at step ${step}, reduced: ${whole} cells as ${tiles} tiles.`,
    times: (queries: string, keys: string) => `${queries} × ${keys}`,
    scale: 'on a scale up to the largest of them',
    ofRow: 'Judged by the predicting row alone: the others are not kept whole.',
    entropyTitle: 'Entropy of the predicting row: the others are not kept whole',
  },
};
