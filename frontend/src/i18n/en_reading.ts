/** The English words of the recommendations in their reading form, and of the hints beside levels. */
import { plural } from './plural';

/** Part of `en`. */
export const enReading = {
  reading: {
    levels: { simple: 'Simple', evidence: 'Evidence', matrix: 'Matrix', formulas: 'Formulas' },
    level: 'Level',
    levelTitle: {
      simple: 'One sentence and three bars',
      evidence: 'The list and the history it comes from',
      matrix: 'Adds the heatmap of the chosen head',
      formulas: 'Adds the softmax, with the numbers of a cell',
    },
    hints: {
      simple: 'One sentence and three bars. Evidence shows the whole list and the whole history.',
      evidence:
        'Pick an item on either side: its attributes, ranks and attention appear on the right.',
      matrix:
        'Each row of the heatmap is one item asking, each column one that is looked at. The last row predicts.',
      formulas: 'Move the cell with the arrow keys: the numbers below follow.',
    },
    hintClose: 'Got it',
    source: 'Attention',
    sources: { mean: 'Mean over heads, last layer', head: 'Chosen head' },
    sourceOf: {
      mean: (heads: number, layer: string) =>
        `mean over ${heads} ${plural(heads, 'head', 'heads')} of ${layer}`,
      head: (head: string, layer: string) => `${head} of ${layer}`,
    },
    first: (item: string, user: string, step: string) =>
      `At step ${step} the model puts ${item} first for ${user}.`,
    noList: (user: string) => `No recommendations were logged for ${user}.`,
    rests: (count: number, share: string, of: string) =>
      `As it does, ${share} of its attention rests on ${plural(count, 'one item', `${count} items`)} of the ${of} in the history:`,
    even: (share: string) => `Even attention would put ${share} on each.`,
    nearlyEven: 'So this is close to even: attention singles nothing out here.',
    mark: 'even share',
    looks: 'Attention is where the model looks, not why it recommends.',
    why: 'Why not?',
    target: (item: string, rank: string) => `${item}, which was really chosen next, is at ${rank}.`,
    rank: (rank: string) => `rank ${rank}`,
    newest: 'newest',
    newestFirst: 'newest first',
    attention: 'Attention',
    place: 'Place',
    picture: (head: string, layer: string) => `Heatmap: ${head} of ${layer}`,
    table: 'As a table',
    tableRow: (query: string, all: string) =>
      `Only the row of ${query}: the whole heatmap has ${all} cells, and a table of that size helps nobody.`,
    tableAll: 'Rows are queries, columns are keys. A dash is not applicable.',
    logLists: 'Log them with',
  },
  explain: {
    whatIf: 'What if…',
    whatIfTitle: 'Change the history, weights and heads, and see what the list would be',
    whatIfBack: 'Back to the log',
    computation: 'Computation',
    computationTitle: 'How this head comes to its attention, stage by stage, in numbers',
    notLoaded: 'explain.js could not be loaded. Reload the page and try again.',
  },
  since: {
    label: 'Moves since',
    first: (step: string) => `first step${step && ` (${step})`}`,
    previous: 'previous logged step',
    pin: (step: string) => `this step (${step}): pin it`,
    pinned: (step: string) => `step ${step} (pinned)`,
    notEarlier: 'The pinned step is not earlier: no moves to show.',
  },
  item: {
    heading: 'Item',
    id: 'Id',
    attributes: 'Attributes',
    noAttributes: 'The log holds no attributes of this item.',
    recommended: 'Recommended',
    notListed: (k: string) => `Not among the first ${k} at this step.`,
    rank: 'Rank',
    ranks: 'Rank over training',
    ranksTitle:
      'Rank in the logged lists; a gap is a step at which it was not listed. Click seeks.',
    best: (rank: string) => `best ${rank}`,
    inHistory: 'In the history',
    notInHistory: 'Not in this user’s history.',
    place: (position: string, of: string) => `${position} of ${of}`,
    share: (value: string, error: string) => `attention ${value} ± ${error}`,
    order: (n: string, of: string) => `${n}. most attended of ${of}`,
    isTarget: 'What the user really chose next, held out of training.',
  },
  formula: {
    heading: 'Softmax of this cell',
    general: 'Attention of a query q on a key k',
    bilinear: 'Here the score is bilinear: a learned matrix W stands between query and key.',
    scaled: 'The score is the scaled dot product; d is the size of a head.',
    masked: 'The sum is over the keys the query may attend to; later keys are not applicable.',
    value: 'This cell',
    stored: 'Stored as',
    storedAs: {
      U8_SQRT: (code: string, value: string, error: string) =>
        `byte ${code}: (${code} ∕ 255)² = ${value}, error at most (${code} + ¼) ∕ 65025 = ${error}`,
      U16: (code: string, value: string, error: string) =>
        `${code} ∕ 65535 = ${value}, error at most ½ ∕ 65535 = ${error}`,
      F16: (_: string, value: string, error: string) =>
        `a 16-bit float, ${value}, error at most ${error}`,
      F32: (_: string, value: string) => `a 32-bit float, ${value}: exact`,
    },
    row: 'Row',
    rowSum: (keys: string, sum: string, error: string) =>
      `Σ over ${keys} keys = ${sum}, and 1 lies within the sum of their bounds, ± ${error}`,
    rowOff: (keys: string, sum: string, error: string) =>
      `Σ over ${keys} keys = ${sum}; 1 is outside the sum of their bounds, ± ${error}: part of the row was not logged`,
    scores: 'Scores',
    scoresText:
      'Scores themselves are not logged. Their differences follow from attention, because the sum below the line cancels:',
    strongest: 'This is the strongest key of its row.',
    pick: 'Pick a cell of the heatmap.',
  },
};
