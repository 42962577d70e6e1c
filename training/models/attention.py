"""Attention whose keys can be re-weighted: what-if as a property of the layer, not of a tool.

A weight w of a key multiplies its attention before the rows are normalised again, by adding log w
to the pre-softmax logits: a_i w_i / sum_j a_j w_j. Weight 1 changes nothing, weight 0 is a mask.
Without weights nothing of it is built, and Keras chooses its own kernel.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

NEVER = -1e4  # log weights below are weight 0; exp of it is 0 in every float type


@keras.saving.register_keras_serializable("attn_training")
class ReweightedAttention(keras.layers.MultiHeadAttention):  # type: ignore[misc]
    """`MultiHeadAttention` with `log_weight`, added to the logits of every query.

    Our capture sees the re-weighted attention, as it sees any `MultiHeadAttention`.
    """

    _log_weight: Any = None  # during a call

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
        log_weight: Any = None,
    ) -> Any:
        """Return what `MultiHeadAttention` returns, its attention re-weighted.

        Args:
          log_weight: `[batch, key]`, `[batch, head, key]` or `[batch, head, query, key]`, any
            axis of length 1 broadcast; `None`: no re-weighting is built.

        The others are those of `MultiHeadAttention`.
        """
        options = {
            "key": key,
            "query_mask": query_mask,
            "value_mask": value_mask,
            "key_mask": key_mask,
            "attention_mask": attention_mask,
            "training": training,
            "use_causal_mask": use_causal_mask,
        }
        wanted = return_attention_scores
        if log_weight is None:
            return super().call(query, value, return_attention_scores=wanted, **options)
        self._log_weight = per_logit(log_weight)
        try:  # asking for the scores keeps Keras from its fused kernel, which takes no log weights
            output, attention = super().call(query, value, return_attention_scores=True, **options)
        finally:
            self._log_weight = None
        return (output, attention) if wanted else output

    def _masked_softmax(self, attention_scores: Any, attention_mask: Any = None) -> Any:
        if self._log_weight is None:
            return super()._masked_softmax(attention_scores, attention_mask)
        attention_scores, mask = reweighted(attention_scores, self._log_weight)
        if attention_mask is not None:
            mask = ops.logical_and(mask, ops.cast(attention_mask, "bool")[:, None])
        return super()._masked_softmax(attention_scores, mask)


def per_logit(log_weight: Any) -> Any:
    """Return `log_weight` as `[batch, head, query, key]`, with axes of length 1 for what it lacks.

    Raises:
      ValueError: it has less than 2 or more than 4 axes.
    """
    log_weight = ops.convert_to_tensor(log_weight)
    axes = len(log_weight.shape)
    if axes == 2:
        return log_weight[:, None, None, :]
    if axes == 3:
        return log_weight[:, :, None, :]
    if axes == 4:
        return log_weight
    raise ValueError(
        f"log_weight has {axes} axes: give [batch, key], [batch, head, key] or "
        "[batch, head, query, key]"
    )


def reweighted(logits: Any, log_weight: Any) -> tuple[Any, Any]:
    """Return `logits [batch, head, query, key]` plus log weights, and where the weight is not 0.

    Weight 0 is a mask and not a number of its own, so that a key of weight 0 is exactly a masked
    one.
    """
    weighs = ops.greater(log_weight, NEVER)
    finite = ops.cast(ops.where(weighs, log_weight, 0.0), logits.dtype)
    logits = logits + finite
    return logits, ops.logical_and(weighs, ops.ones_like(logits, "bool"))
