/** The English words of exported files, and of the menu that makes them. */

/** Part of `en`. */
export const enExports = {
  exports: {
    heading: 'Export',
    kinds: {
      png: 'Picture (PNG)',
      svg: 'Drawing (SVG)',
      csv: 'Table (CSV)',
      npy: 'Array (NPY)',
      gif: 'Replay (GIF)',
      html: 'Story of this user (HTML)',
    },
    explain: {
      png: 'What is seen, with titles, scale and error bound',
      svg: 'The same, to edit; text stays text',
      csv: 'One line a cell, with titles, value and error bound',
      npy: 'float32 [head, query, key] of the layer; NaN is not applicable',
      npyCompared: 'float32 [panel, query, key], aligned at the newest; NaN is not applicable',
      npyOver: 'float32 [item, step], newest item first; NaN is no value',
      gif: (what: string) => `${what} over training, up to 600 steps`,
      html: (layer: string) =>
        `History, recommendations and the replay of ${layer} in one file that needs no network`,
    },
    replayOf: {
      head: (head: string, layer: string) => `Heatmap of ${head} in ${layer}`,
      heads: (layer: string) => `All heads of ${layer}`,
      compared: 'The compared panels, side by side,',
    },
    working: 'Working…',
    progress: (done: string, all: string) => `${done} of ${all} frames`,
    cancel: 'Cancel',
    cancelled: 'Cancelled: nothing was saved.',
    saved: (file: string) => `Saved as ${file}`,
    failed: (why: string) => `Nothing was saved: ${why}`,
    nothing: 'there is no attention on screen yet',
    tooMany: 'a table takes at most 1,048,576 cells; NPY takes all of them',
    axes: 'Rows: queries, the item that asks. Columns: keys, what it attends to. Oldest first.',
    bound: (error: string) => `Every value is within ±${error} of what was captured.`,
    hatched: 'Hatched or grey: not applicable, a query cannot attend to what comes after it.',
    caution: 'Attention is where the model looks, not why it recommends.',
    notLoaded: 'exports.js could not be loaded. Reload the page and try again.',
    mixed: 'the panels hold different things: cells, and tiles of cells',
    storyKept: 'Kept',
    storyTitle: (user: string) => `Attention to the history of ${user}`,
    storyHistory: 'Attention of the newest item on the history',
    storyTarget: 'Target at rank',
    storyNone: 'No picture at this step:',
    storyCell: 'Point at a cell to read its value.',
    storyPicture: 'Heatmap of attention.',
  },
};
