/** The English words of what is computed: means, rollout, flow, pairs of heads, drift. */
import { plural } from './plural';

/** Part of `en`. */
export const enAnalysis = {
  derived: {
    rollout: 'All layers: rollout',
    rolloutHead: 'rollout',
    rolloutShow: 'Rollout',
    rolloutTitle:
      'Show all self-attention layers joined to one picture (Abnar & Zuidema 2020): heads averaged, half of each layer its own input, layers multiplied. It says where information can go, not what is used.',
    mark: 'derived',
    rolloutNote: 'Where information can go through all layers, not what is used.',
    picture: 'Picture of',
    pictureTitle:
      'The mean is taken over all users, aligned on their newest items. A query is averaged over the users that have it.',
    pictures: { user: 'This user', cohort: 'All users, mean' },
    mean: (users: string, of: string) =>
      `mean of ${users} of ${of} users, aligned on the newest item`,
    meanLast: (users: string, of: string) =>
      `mean of ${users} of ${of} users, aligned on their last place`,
    queryUsers: (users: string, of: string) => `${users} of ${of} users have this query`,
    newest: 'newest',
    before: (n: number) => `newest − ${n}`,
    lastPlace: (axis: string) => `last ${axis}`,
    beforeLast: (axis: string, n: number) => `last ${axis} − ${n}`,
    about: (value: string) => `≈ ${value}`,
    aboutTitle: 'Computed from stored cells, so it has no error bound of its own.',
    drift: 'Drift (bits)',
    driftExplain:
      'Jensen–Shannon divergence of a head from itself at the newest step, averaged over queries: falling to 0 means it has settled.',
  },
  flow: {
    shape: 'Drawn as',
    shapes: { matrix: 'Matrix', flow: 'Flow' },
    edges: 'Lines per query',
    rows: 'Queries',
    rowsOf: { all: 'All', last: 'Newest' },
    keys: 'Attended to',
    queries: 'Query',
    note: (count: number, share: string) =>
      `The lines carry ${share} % of the attention: ${count === 1 ? 'the strongest key' : `the ${count} strongest keys`} of each query. The rest is not drawn.`,
    cut: (shown: string, all: string) => `The newest ${shown} of ${all} queries are drawn.`,
    role: 'flow',
    sentence: (
      head: string,
      layer: string,
      who: string,
      step: string,
      queries: number,
      lines: number,
    ) =>
      `Attention of ${head} in ${layer} for ${who} at step ${step} as lines: ${queries} ${plural(queries, 'query', 'queries')} on the right, ${lines} lines to keys on the left. ` +
      'Up and down move the query, left and right the key.',
  },
  match: {
    explain: (users: number, of: number) =>
      `Paired over ${users} of ${of} shared ${plural(of, 'user', 'users')}, all queries. Similarity is 1 − mean Jensen–Shannon divergence.`,
    agree: (users: number, of: number) => `best for ${users} of ${of}`,
    agreeTitle: 'Users for whom this is the most similar head of all',
    sure: { clear: 'clear', close: 'close', same: 'not told apart', contested: 'contested' },
    sureTitle: {
      clear: 'Beats the next best pair of either head by 0.05 or more.',
      close: 'Beats the next best pair of either head by less than 0.05.',
      same: 'Another pair is as good within 0.01: do not rely on it.',
      contested: 'Another pair would suit one of the two better: do not rely on it.',
    },
    unpaired: (letter: string, heads: string) => `Without a partner in ${letter}: ${heads}.`,
    shortened: (n: number) =>
      `${n} ${plural(n, 'user is', 'users are')} compared on the newest items that both sides see.`,
    left: {
      not_followed_by_both: (n: number) =>
        `${n} ${plural(n, 'user', 'users')} of A not followed in B. The same person is recognised only when both trainings use the same Privacy key.`,
      no_attention: (n: number) =>
        `${n} ${plural(n, 'user', 'users')} without attention at one of the steps.`,
      other_items: (n: number) =>
        `${n} ${plural(n, 'user', 'users')} with other items in the history.`,
      unknown_items: (n: number) =>
        `${n} ${plural(n, 'user', 'users')} whose items the log does not name.`,
    },
    none: 'No user can be compared, so heads cannot be paired.',
    failed: 'The comparison could not be computed. It is tried again with the next step.',
    steps: (a: string, b: string) => `Steps differ: A shows ${a}, B shows ${b}.`,
    rollout: 'A rollout has no heads to pair.',
  },
  metrics: {
    heading: 'Metrics',
    note: 'Latest logged at or before the shown step.',
    none: 'No scalars are logged beside these runs.',
  },
};
