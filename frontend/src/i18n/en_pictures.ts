/** The English words of the pictures: heads, heatmap, evolution, comparison. */
import { plural } from './plural';

/** Part of `en`. */
export const enPictures = {
  heads: {
    heading: 'Head',
    name: (n: number) => `head ${n}`,
    entropy: (bits: string) => `${bits} bits`,
    entropyTitle:
      'Entropy of the shown cells, averaged over queries: low means the head looks at few items',
    open: (name: string) => `Open ${name}`,
    kinds: {
      self: 'self-attention',
      cross: 'cross attention',
      target: 'target attention',
      field: 'field attention',
    } as Record<string, string>,
    sort: 'Order',
    sorts: { position: 'As in the model', entropy: 'By entropy' },
    cohort: (bits: string) => `⌀ ${bits}`,
    cohortTitle: (users: string, of: string) =>
      `Mean of the measured entropy in bits, over ${users} of ${of} users, not the entropy of the mean picture`,
    type: (word: string, score: string) => `${word} ${score}`,
    types: {
      self: 'self',
      previous: 'previous item',
      recent: 'recent items',
      first: 'first item',
      category: 'same category',
      uniform: 'uniform',
      mixed: 'mixed',
    },
    typeExplain: {
      self: (score: string) => `a query puts ${score} of its attention on its own item, on average`,
      previous: (score: string) => `a query puts ${score} of its attention on the item before it`,
      recent: (score: string) => `a query puts ${score} of its attention on the newest three items`,
      first: (score: string) => `a query puts ${score} of its attention on the first item, a sink`,
      category: (score: string) =>
        `a query puts ${score} of its attention on other items of its category, at least 1.5 times what even attention would`,
      uniform: (score: string) => `its entropy is ${score} of what even attention has`,
      mixed: (score: string) =>
        `no simple pattern: its entropy is ${score} of what even attention has`,
    },
    typeSentence: (head: string, word: string, why: string) => `${head}, ${word}: ${why}.`,
    hint: 'Click selects a head, double-click opens it.',
  },
  measures: {
    heading: 'Measure',
    names: {
      entropy_bits: 'Entropy (bits)',
      recency: 'Recency (positions back)',
      sink_share: 'Sink share',
      maximum: 'Largest weight',
      effective_span: 'Effective span (keys)',
      head_similarity: 'Similarity to another head',
      importance: 'Importance (score)',
    },
    explain: {
      entropy_bits: 'How spread out attention is, averaged over queries: 0 bits is a single key.',
      recency: 'How far back a query looks on average, in positions.',
      sink_share: 'Share of attention on the first key, averaged over queries.',
      maximum: 'The largest weight any query gives to one key.',
      effective_span: '2 to the power of the entropy: as if so many keys shared evenly.',
      head_similarity:
        'Cosine similarity of the map to that of the most similar other head of the layer: 1 is the same map.',
      importance:
        'What switching the head off would change in the score of the target, to first order. Logged at some steps only.',
    },
  },
  evolution: {
    sentence: (head: string, layer: string, user: string, items: number, steps: string) =>
      `What the newest query of ${head} in ${layer} attends to for ${user}: ${items} history items, ` +
      `newest first, over ${steps} steps.`,
    sentenceOf: (
      head: string,
      layer: string,
      user: string,
      query: string,
      items: number,
      steps: string,
    ) =>
      `What ${query} in ${head} of ${layer} attends to for ${user}: ${items} places ` +
      `over ${steps} steps.`,
    arrows: 'Up and down move the line, left and right the step.',
    axis: 'history item, newest first ↓   step →',
    axisOf: (key: string) => `${key} ↓   step →`,
    placeNow: (place: string, name: string) => `${place}, now ${name}`,
    progress: (done: string, all: string) => `${done} of ${all} columns`,
    every: (every: string, all: string) => `every ${every}th of ${all} steps`,
    everyTitle: 'Steps in between are not in this picture. The timeline below reaches all of them.',
    all: (all: string) => `all ${all} steps`,
    point: 'Point at an item and a step. A click goes to the step.',
    value: (value: string, step: string) => `${value} at step ${step}`,
    tableSteps: (shown: string, all: string) =>
      `${shown} of ${all} loaded steps, around the cursor. A dash is not applicable.`,
    tableItems: (shown: string, all: string) => `The upper ${shown} of ${all} lines.`,
    noValue: (step: string) => `nothing at step ${step}`,
    failed: 'Loading stopped. It goes on as soon as the server answers.',
  },
  compare: {
    panel: (letter: string) => `Panel ${letter}`,
    run: 'Run',
    user: 'User',
    layer: 'Layer',
    head: 'Head',
    remove: (letter: string) => `Remove panel ${letter}`,
    unlink: 'Follows the timeline. Press to keep its own step.',
    link: 'Keeps its own step. Press to follow the timeline.',
    ownStep: 'Own step',
    gone: (run: string) => `There is no run ${run}.`,
    difference: 'Difference',
    sign: 'Orange: A attends more. Purple: B attends more. White: no difference.',
    minus: (a: string, b: string) => `${a} − ${b}`,
    hint: 'Point at a cell: the same place is marked in every panel, counted from the newest item.',
    pinHint: 'P pins what is chosen on the left; two to four panels fit.',
    pick: (query: string, key: string) => `${query} ← ${key}`,
    outside: '–',
    arrows: 'Arrow keys move the cell in all panels.',
    sentence: (letter: string, what: string) => `${letter}: attention of ${what}.`,
    distance: 'Distance',
    bits: 'Jensen–Shannon',
    bitsTitle:
      'Jensen–Shannon divergence, averaged over rows: 0 bits is the same, 1 bit is nothing in common.',
    bitsValue: (bits: string) => `${bits} bits`,
    overlap: 'Top-5 overlap',
    overlapTitle: 'Share of the five strongest keys of a row that both have, averaged over rows.',
    rows: (n: number) => `over ${n} ${plural(n, 'row', 'rows')}`,
    nothing: (why: string) => `The cells cannot be compared: ${why}`,
    whyUsers: 'these are different users, so a cell stands for different items.',
    whyItems: 'the histories hold different items.',
    whyAxes: 'what the axes are is not known for both.',
    whyTiles: 'they are reduced in different ways, so a tile stands for different cells.',
    newest: (queries: number, keys: number) =>
      `Different lengths: the newest ${queries} queries and ${keys} keys are subtracted. ` +
      'Distances are left out, because the rows share their attention among different keys.',
    match: 'Heads that do the same',
    matchWorking: 'Comparing heads…',
    matched: (a: string, b: string) => `${a} ↔ ${b}`,
    similarity: 'similarity',
    margin: 'margin',
    marginTitle:
      'How much more similar than the second best partner. Near or below 0: do not rely on it.',
    use: 'Show',
    useTitle: 'Show this pair in the first two panels',
    numbers: 'Numbers',
    entropy: 'Entropy (bits)',
    step: 'Step',
    differing: 'Hyperparameters that differ',
    differingNone: 'The runs have the same hyperparameters.',
    unset: '–',
  },
  alerts: {
    heading: 'Alerts',
    none: (step: string) => `Nothing is wrong with any head as of step ${step}.`,
    unknown: 'Alerts need measures.',
    collapsed: (mean: string, steps: string) =>
      `collapsed on single keys: entropy ${mean} bits over the last ${steps} steps`,
    uniform: (mean: string, steps: string) =>
      `uniform: entropy ${mean} bits over the last ${steps} steps, within 2 % of even attention`,
    dead: (mean: string, steps: string) =>
      `dead: uniform, entropy ${mean} bits over the last ${steps} steps, and switching it off would change next to nothing`,
    sink: (mean: string, steps: string) =>
      `sink: ${mean} of its attention on the first key over the last ${steps} steps`,
    duplicate: (mean: string, steps: string) =>
      `duplicate: similarity ${mean} to another head over the last ${steps} steps`,
    sudden: (mean: string, steps: string) =>
      `sudden change: entropy moved by ${mean} bits from one step to the next, within the last ${steps} steps`,
  },
  heatmap: {
    role: 'heatmap',
    sentence: (
      head: string,
      layer: string,
      user: string,
      step: string,
      queries: number,
      keys: number,
    ) =>
      `Attention of ${head} in ${layer} for ${user} at step ${step}: ${queries} queries by ${keys} keys.`,
    arrows: 'Arrow keys move the cell.',
    tile: (layer: string, step: string) => ` of ${layer} at step ${step}`,
    query: 'query',
    key: 'key',
    queries: 'Queries: each row is one item of the history asking',
    keys: 'Keys: what it attends to',
    axes: {
      history: 'history item',
      candidate: 'candidate',
      field: 'field',
      source: 'source item',
    } as Record<string, string>,
    corner: (query: string, key: string) =>
      `Each row is one ${query}, each column one ${key} that it attends to.`,
    noLabels: 'The log does not name what stands along an axis: positions are shown.',
    position: (n: number) => `#${n}`,
    padding: 'padding',
    pair: (query: string, key: string) => `${query} ← ${key}`,
    value: (value: string, error: string) => `${value} ± ${error}`,
    exact: (value: string) => value,
    notApplicable: 'not applicable',
    notApplicableWhy: 'A query cannot attend to what comes after it.',
    row: (sum: string, bits: string) => `row sum ${sum}, entropy ${bits} bits`,
    column: (mean: string) => `key received ${mean} on average`,
    focus: 'This query attends most to',
    focusLast: 'The newest query attends most to',
    focusFirst: (query: string) => `The first ${query} attends most to`,
    reduced: 'reduced',
    reducedTitle:
      'More cells than pixels: neighbouring cells are averaged here. Open the head for every cell.',
    pickCell: 'Point at a cell, or move to it with the arrow keys.',
    legend: 'attention',
    legendSigned: 'difference',
    legendSignedNote: (scale: string, top: string) =>
      `${scale} scale with a sign, range −${top} to ${top}; neutral is no difference`,
    legendNote: (scale: string, top: string) => `${scale} scale, range 0 to ${top}`,
    clipped: (top: string) => `≥ ${top}`,
    hatched: 'not applicable',
    step: (step: string) => `step ${step}`,
    snapped: (step: string, wanted: string, reason: string) =>
      `step ${step} (latest logged before ${wanted}${reason && `, which was ${reason}`})`,
  },
  absent: {
    loading: 'Loading…',
    title: {
      not_logged: 'Not logged',
      rejected: 'Rejected',
      dropped: 'Dropped',
      thinned: 'Thinned out',
      write_failed: 'Not written',
      corrupt: 'Corrupt',
      newer_format: 'Written by a newer version',
      before_first: 'Nothing logged yet',
      unreachable: 'Could not be loaded',
      not_computable: 'Cannot be computed',
      reduced: 'Not kept whole',
    },
    text: {
      not_logged: 'This step was not logged for this user and layer.',
      rejected: 'What was captured is not attention, so it was not written.',
      dropped: 'The writer was busy and let this frame go, so that training would not wait.',
      thinned: 'Left out to stay within the budget of the log.',
      write_failed: 'The disk did not take this frame.',
      corrupt:
        'The stored bytes fail their checksum. Nothing is shown rather than something wrong.',
      newer_format: 'Upgrade tensorboard-plugin-attn to read it.',
      before_first: 'No step is logged at or before the cursor.',
      unreachable: 'The server did not send this frame.',
      not_computable: 'What is stored of this step cannot be put together.',
      reduced:
        'This is computed from whole attention, and that of this layer is too long to be kept whole.',
    },
    other: (reason: string) => reason,
  },
};
