"""Losses for recommending one of many items, each a plain function of logits.

Full softmax needs every item's logit at every position; the others need those of some negatives and
say how they correct for it. They know neither models nor how negatives are drawn.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

_NEVER = -1e9


def full_softmax(logits: Any, targets: Any) -> Any:
    """Return `[target]`: -log softmax(`logits [target, item]`) at `targets [target]`."""
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)


def sampled_softmax(
    positive: Any, negative: Any, log_q_positive: Any, log_q_negative: Any, is_target: Any
) -> Any:
    """Return `[target]`: softmax over the target and sampled negatives, with logQ correction.

    Each logit is lowered by the log of how often its item is drawn, so that popular items, which
    are drawn more often, are not pushed down more often (Bengio & Senecal 2008; Yi et al., RecSys
    2019).

    Args:
      positive: logits of the targets, `[target]`.
      negative: logits of the negatives, `[target, negative]`.
      log_q_positive: log of the targets' probabilities under the sampler, `[target]`.
      log_q_negative: log of the negatives', broadcastable to `[target, negative]`.
      is_target: where a negative is the target itself: it is left out.
    """
    corrected = tf.where(is_target, _NEVER, negative - log_q_negative)
    logits = tf.concat([(positive - log_q_positive)[:, None], corrected], axis=1)
    return tf.reduce_logsumexp(logits, axis=1) - logits[:, 0]


def gbce(positive: Any, negative: Any, is_target: Any, *, item_count: int, t: float) -> Any:
    """Return `[target]`: generalised binary cross-entropy (Petrov & Macdonald, arXiv 2308.07192).

    -(beta log s(positive) + sum log(1 - s(negative))) / (negatives + 1), with s the logistic
    function, beta = alpha (t (1 - 1/alpha) + 1/alpha) and alpha the share of negatives that is
    drawn. t = 0 is binary cross-entropy; with t = 1 the scores are those of full softmax,
    calibrated.

    Args:
      positive: logits of the targets, `[target]`.
      negative: logits of negatives drawn uniformly, `[target, negative]`.
      is_target: where a negative is the target itself: it counts nothing.
      item_count: number of items, padding not included.
      t: calibration, 0 to 1.
    """
    drawn = negative.shape[1]
    wrong = tf.where(is_target, 0.0, tf.nn.softplus(negative))
    right = gbce_beta(drawn, item_count, t) * tf.nn.softplus(-positive)
    return (right + tf.reduce_sum(wrong, axis=1)) / (drawn + 1)


def gbce_beta(negatives: int, item_count: int, t: float) -> float:
    """Return the exponent of the target's probability in gBCE."""
    alpha = min(1.0, negatives / (item_count - 1))
    return alpha * (t * (1 - 1 / alpha) + 1 / alpha)
