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

from tensorboard_plugin_attn.capture.keras_attention import capturing
from training.feedback.signals import Signals
from training.models.attention import NEVER

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
        with capturing() as captured:
            scores = self._model.item_scores(self._inputs)  # [user, item]
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
            attention = tf.stack([self._attention(layer.attention) for layer in captured])
            parts["attention"] = tf.reduce_mean(-tf.math.log1p(-tf.minimum(attention, 0.999)))
            parts["effect"] = tf.reduce_mean(tf.square(self._effect(scores)))
        counts = {"attention": self._weights.attention, "effect": self._weights.effect}
        total = sum(counts.get(name, self._weights.ranking) * part for name, part in parts.items())
        return parts | {"feedback": tf.convert_to_tensor(total, tf.float32)}

    def _attention(self, attention: Any) -> Any:
        """Return what each head gives to the evidence where it predicts, `[reason, head]`."""
        newest = tf.cast(attention[:, :, -1], tf.float32)  # [user, head, position]
        rows = tf.gather(newest, self._about[:, 0])  # [reason, head, position]
        return tf.einsum("rhp,rp->rh", rows, self._evidence)

    def _effect(self, scores: Any) -> Any:
        """Return how much each item's score lies over what it is without its evidence."""
        users = self._about[:, 0]
        without = self._model.item_scores(
            tf.gather(self._inputs, users), log_weight=2 * NEVER * self._evidence
        )
        items = self._about[:, 1:]
        apart = tf.gather(without, items, batch_dims=1)[:, 0] - tf.reduce_mean(without[:, 1:], 1)
        whole = tf.gather(scores, users)
        together = tf.gather(whole, items, batch_dims=1)[:, 0] - tf.reduce_mean(whole[:, 1:], 1)
        return tf.nn.relu(together - apart)


def _pairs(pairs: Sequence[tuple[int, int]]) -> Any:
    return tf.constant(np.array(pairs, np.int32).reshape(-1, 2))
