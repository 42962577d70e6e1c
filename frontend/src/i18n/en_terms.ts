/** The terms of the tab, explained once: popovers under dotted words and the glossary in the help. */

/** Part of `en`. */
export const enTerms = {
  terms: {
    heading: 'Terms',
    explain: (term: string) => `${term}: what it means`,
    list: {
      attention: [
        'attention',
        'How a query shares itself out among the keys: numbers from 0 to 1 after the softmax, adding up to 1. It says where the model looks, not why it recommends.',
      ],
      query: ['query', 'The place that asks: a row of the heatmap.'],
      key: ['key', 'The place that is looked at: a column of the heatmap.'],
      newest_query: [
        'newest query',
        'The last row. In a model that predicts from its last position, it is the one that predicts.',
      ],
      head: ['head', 'One of a layer’s parallel attentions. Each shares itself out on its own.'],
      layer: ['layer', 'One attention layer of the model; the last is nearest to the scores.'],
      mean: [
        'mean over heads',
        'The average of the heads of the last layer, head by head equally. It can hide that heads disagree.',
      ],
      even: [
        'even share',
        'What each item would get if attention made no difference between them: 1 divided by their number.',
      ],
      history: ['history', 'The items of this user that the model sees, without padding.'],
      recommendations: [
        'recommendations',
        'The best candidates with their scores, as logged at this step.',
      ],
      score: ['score', 'The model’s own number for an item, before any softmax.'],
      rank: ['rank', 'Place among all candidates; 1 is best.'],
      target: [
        'target',
        'The item the user really chose next. It is held out of training, to see where the model ranks it.',
      ],
      move: ['move', 'How far an item climbed or fell in the list since an earlier logged step.'],
      entropy: ['entropy', 'How spread out attention is, in bits: 0 is a single key.'],
      bound: [
        '±',
        'The largest possible distance between the number shown and the captured one, from the way it is stored.',
      ],
      softmax: [
        'softmax',
        'Turns scores into shares: the exponential of each, divided by the sum of all of them.',
      ],
      step: ['step', 'One update of the model in training. Only logged steps can be shown.'],
      snapped: [
        'latest earlier step',
        'Nothing was logged exactly here, so the newest logged step before it is shown.',
      ],
      rejected: [
        'rejected',
        'What was captured is not attention (NaN, negative, or a row that does not add up to 1), so it was not written.',
      ],
      corrupt: [
        'corrupt',
        'Stored bytes that fail their checksum. Nothing is shown rather than something wrong.',
      ],
      reduced: [
        'reduced',
        'More cells than pixels: neighbours are averaged. More than the log keeps: the row that predicts is shown whole.',
      ],
      dropped: [
        'dropped',
        'The writer was busy and let the frame go, so that training would not wait.',
      ],
      thinned: ['thinned out', 'Left out on purpose, to stay within the budget of the log.'],
      write_failed: ['not written', 'The disk refused the frame.'],
      not_logged: ['not logged', 'Nobody offered this step, or not for this user and layer.'],
      newer_format: ['newer format', 'Written by a newer version, which this one cannot read.'],
      not_applicable: [
        'not applicable',
        'A query may not look at what comes after it. Hatched; not the same as zero.',
      ],
      effect: [
        'effect',
        'How far a score falls when an item is deleted from the history and the model is asked again: exact, not an estimate.',
      ],
      faithfulness: [
        'faithfulness',
        'Whether what a method says matters really does: measured by deleting it. Attention is one such method.',
      ],
      aopc: [
        'AOPC',
        'Mean fall of the recommendation’s log-probability when the first 1, 2, 3, 5 and 10 items of an order are deleted: the higher, the better the order.',
      ],
      rank_correlation: [
        'rank correlation',
        'How alike two orders are (Spearman): 1 is the same, 0 nothing in common, −1 the reverse.',
      ],
      counterfactual: [
        'counterfactual',
        'The fewest items without which something else would be recommended, found by really trying.',
      ],
      reweight: [
        're-weight',
        'Multiplies the attention on an item in every layer and head before rows are normalised again. 0 hides it; its own place still carries it on.',
      ],
      delete: ['delete', 'Takes an item out of the input, as if it had not happened.'],
      live: ['live', 'Keeps to the newest logged step. Moving by hand ends it.'],
    } satisfies Record<string, readonly [string, string]>,
    why: {
      heading: 'Attention is not explanation',
      text: [
        'Attention shows what the model computes: where a head looks, whether it collapsed, whether two heads do the same.',
        'It does not answer why an item is recommended. The newest item reaches the prediction past all attention, and in our study ordering a history by attention did no better than “newest first”.',
        'The honest answer is a number: delete the item, compute again, say how far the score fell. Figures and conditions: docs/attention_is_not_explanation.md.',
      ] as readonly string[],
    },
  },
  stale: {
    since: (moment: string) => `Last answer: ${moment}.`,
  },
  player: {
    back: '10 logged steps back',
    ahead: '10 logged steps ahead',
    range: (first: string, last: string) => `loop ${first}–${last}`,
    clear: 'Loop everything again',
    drag: 'Drag selects what is looped; a click goes there.',
    curve: 'Curves',
    auto: 'Loss and NDCG',
    curvesTitle: 'Each curve fills the height with its own range.',
    keys: 'Keyboard shortcuts are on',
    skip: 'Skip to the view',
  },
};

/** A term there is an explanation of. */
export type TermName = keyof typeof enTerms.terms.list;
