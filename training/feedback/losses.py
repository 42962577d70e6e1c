"""The loss of feedback: relevance as ranking, a wrong reason as attention and effect to lose.

All of it is differentiated in evaluation mode on the cohort's own histories, so what is learned is
what was on the screen. Scores a verdict is compared with are those of the parent and stand still:
otherwise the model could please one user by moving everybody's items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from training.feedback.evidence import effects, scores_and_attention
from training.feedback.signals import Signals

LEAVES_LIST = 2  # a rejected item is to fall behind the parent's item at twice the list's length


@dataclass(frozen=True)
class Weights:
    """How much each part counts beside the loss of the training data.

    Attributes:
      ranking: relevant and not relevant.
      attention: attention on rejected evidence.
      effect: what removing rejected evidence changes in the item's score.
    """

    ranking: float = 1.0
    attention: float = 1.0
    effect: float = 1.0


class FeedbackLoss:
    """The loss of `signals` for a sequence model.

    Args:
      model: the parent, with `item_scores(inputs, log_weight=)`.
      signals: what was said.
      weights: of the parts.
      top_k: length of the list that was shown.
    """

    def __init__(self, model: Any, signals: Signals, weights: Weights, top_k: int) -> None:
        self._model = model
        self._weights = weights
        self._inputs = tf.constant(signals.inputs)
        parent = np.array(model.item_scores(self._inputs), np.float32)  # [user, item]
        parent[:, 0] = -np.inf
        place = min(LEAVES_LIST * top_k, parent.shape[1] - 1)
        self._line = tf.constant(-np.sort(-parent, axis=1)[:, place])  # [user]
        self._relevant, self._rejected = _pairs(signals.relevant), _pairs(signals.rejected)
        self._about = _pairs([(reason.user, reason.item) for reason in signals.reasons])
        length = signals.inputs.shape[1]
        masks = [reason.evidence for reason in signals.reasons] or [np.zeros(length, bool)]
        self._evidence = tf.constant(np.stack(masks).astype(np.float32))  # [reason, position]
        self._has = tuple(map(bool, (signals.relevant, signals.rejected, signals.reasons)))

    def __call__(self) -> dict[str, Any]:
        """Return the parts by name, each a mean over its verdicts; `feedback` is their sum."""
        relevant, rejected, reasons = self._has
        scores, newest = scores_and_attention(self._model, self._inputs)
        parts: dict[str, Any] = {}
        if relevant:
            chosen = tf.gather_nd(scores, self._relevant)
            rows = tf.gather(scores[:, 1:], self._relevant[:, 0])
            parts["relevant"] = tf.reduce_mean(tf.reduce_logsumexp(rows, axis=1) - chosen)
        if rejected:
            above = tf.gather_nd(scores, self._rejected) - tf.gather(
                self._line, self._rejected[:, 0]
            )
            parts["not_relevant"] = tf.reduce_mean(tf.nn.softplus(above))
        if reasons:
            users, items = self._about[:, 0], self._about[:, 1]
            rows = tf.gather(newest, users)  # [reason, head, position]
            attention = tf.einsum("rhp,rp->rh", rows, self._evidence)
            parts["attention"] = tf.reduce_mean(-tf.math.log1p(-tf.minimum(attention, 0.999)))
            effect = effects(
                self._model,
                tf.gather(self._inputs, users),
                tf.gather(scores, users),
                items,
                self._evidence,
            )
            parts["effect"] = tf.reduce_mean(tf.square(effect))
        counts = {"attention": self._weights.attention, "effect": self._weights.effect}
        total = sum(counts.get(name, self._weights.ranking) * part for name, part in parts.items())
        return parts | {"feedback": tf.convert_to_tensor(total, tf.float32)}


def _pairs(pairs: Sequence[tuple[int, int]]) -> Any:
    return tf.constant(np.array(pairs, np.int32).reshape(-1, 2))
