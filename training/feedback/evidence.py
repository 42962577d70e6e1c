"""What a sequence model gives to evidence, and what evidence does: differentiable, in one place.

The loss, the rules of what is satisfied and the study all mean this by attention and by effect.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tensorboard_plugin_attn.capture.keras_attention import capturing
from training.models.attention import NEVER


def scores_and_attention(model: Any, inputs: Any) -> tuple[Any, Any]:
    """Return scores `[user, item]`, and attention where it predicts `[user, head, position]`.

    Heads are those of all layers, one after the other.

    Args:
      model: with `item_scores(inputs)`, in evaluation mode.
      inputs: histories, int32 `[user, position]`, left-padded.
    """
    with capturing() as captured:
        scores = model.item_scores(inputs)
    rows = [tf.cast(layer.attention[:, :, -1], tf.float32) for layer in captured]
    return scores, tf.concat(rows, axis=1)


def effects(model: Any, inputs: Any, scores: Any, items: Any, evidence: Any) -> Any:
    """Return how much further each item lies over the mean item than without its evidence.

    Never below 0: evidence that speaks against an item is no reason for it.

    Args:
      model: with `item_scores(inputs, log_weight=)`.
      inputs: the history each item was recommended for, int32 `[reason, position]`.
      scores: the model's for these histories, `[reason, item]`.
      items: int32 `[reason]`.
      evidence: what is taken out, 1 or 0, float32 `[reason, position]`.
    """
    without = model.item_scores(inputs, log_weight=2 * NEVER * evidence)
    return tf.nn.relu(_lead(scores, items) - _lead(without, items))


def _lead(scores: Any, items: Any) -> Any:
    """Return each item's score over the mean of all, padding (0) aside."""
    return tf.gather(scores, items, batch_dims=1) - tf.reduce_mean(scores[:, 1:], axis=1)
