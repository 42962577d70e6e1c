"""Candidates attend over named features: one softmax over history, attributes and neighbours.

Heads differ in where they look and share what they see: values have no heads, so the attention of a
feature is the mean over heads, and z = sum_i a_i v_i holds exactly, feature by feature
(interpretable multi-head attention, Lim et al., arXiv 1912.09363).
`keras.layers.MultiHeadAttention` has values per head, so there no single number per feature gives
z; that is why this is a layer of its own.
"""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import layers, ops

from training.models.attention import per_logit, reweighted


@keras.saving.register_keras_serializable("attn_training")
class TargetAttention(layers.Layer):  # type: ignore[misc]
    """a[h, i] = softmax_i s(q_h, k_i) over two groups of keys, and z = sum_i mean_h a[h, i] v_i.

    Keys that do not depend on the candidate (history, user, neighbours) are projected once for
    all candidates.

    Args:
      heads: attention heads.
      dimension: of queries, keys and values.
      similarity: `"scaled_dot_product"`: (W q)_h . (U k)_h / sqrt(d / heads);
        `"bilinear"`: q' W_h k.
      dropout: of the attention, in training.
    """

    def __init__(
        self,
        heads: int,
        dimension: int,
        *,
        similarity: str = "scaled_dot_product",
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.heads, self.dimension, self.similarity = heads, dimension, similarity
        self.head_size = dimension // heads
        self.rate = dropout
        self.values = layers.Dense(dimension, use_bias=False, name="values")
        self.dropout = layers.Dropout(dropout)

    def build(self, candidates_shape: Any, *_: Any, **__: Any) -> None:
        """Make the weights for embeddings of `candidates_shape[-1]` channels."""
        size = candidates_shape[-1]
        self.values.build((None, size))
        if self.similarity == "bilinear":
            self.forms = self.add_weight(
                shape=(self.heads, size, size), initializer="glorot_uniform", name="forms"
            )
        else:
            shape = (size, self.heads, self.head_size)
            self.query = self.add_weight(shape=shape, initializer="glorot_uniform", name="query")
            self.key = self.add_weight(shape=shape, initializer="glorot_uniform", name="key")

    def call(
        self,
        candidates: Any,
        shared: Any,
        own: Any,
        mask: Any,
        log_weight: Any = None,
        training: bool | None = None,
    ) -> tuple[Any, Any]:
        """Return z `[batch, candidate, dimension]` and attention `[batch, head, candidate, key]`.

        Args:
          candidates: queries, `[batch, candidate, channel]`.
          shared: keys of all candidates, `[batch, key, channel]`.
          own: keys of each candidate, `[batch, candidate, key, channel]`, after the shared ones.
          mask: which shared keys are real, bool `[batch, key]`; own keys always are.
          log_weight: added to the logits, see `ReweightedAttention`, over shared and own keys.
          training: whether to drop out.
        """
        logits = ops.concatenate(self._logits(candidates, shared, own), axis=-1)
        own_mask = ops.ones_like(logits[:, 0, 0, shared.shape[1] :], "bool")
        real = ops.concatenate([mask, own_mask], axis=1)[:, None, None, :]
        if log_weight is not None:
            logits, weighs = reweighted(logits, per_logit(log_weight))
            real = ops.logical_and(real, weighs)
        logits = ops.cast(logits, "float32")
        attention = ops.softmax(ops.where(real, logits, -1e9), axis=-1)
        attention = ops.where(real, attention, 0.0)  # [batch, head, candidate, key]
        used = ops.mean(self.dropout(attention, training=training), axis=1)
        used = ops.cast(used, self.compute_dtype)  # [batch, candidate, key]
        count = shared.shape[1]
        z = ops.einsum("bck,bkd->bcd", used[..., :count], self.values(shared))
        if own.shape[2]:
            z = z + ops.einsum("bck,bckd->bcd", used[..., count:], self.values(own))
        return z, attention

    def _logits(self, candidates: Any, shared: Any, own: Any) -> list[Any]:
        """Return logits of shared and of own keys, each `[batch, head, candidate, key]`."""
        if self.similarity == "bilinear":
            query = ops.einsum("bce,hef->bchf", candidates, self.forms)
            own_logits = ops.einsum("bchf,bckf->bhck", query, own)
            return [ops.einsum("bchf,bkf->bhck", query, shared), own_logits]
        query = ops.einsum("bce,ehd->bchd", candidates, self.query) / math.sqrt(self.head_size)
        shared_keys = ops.einsum("bke,ehd->bkhd", shared, self.key)
        own_keys = ops.einsum("bcke,ehd->bckhd", own, self.key)
        own_logits = ops.einsum("bchd,bckhd->bhck", query, own_keys)
        return [ops.einsum("bchd,bkhd->bhck", query, shared_keys), own_logits]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {
            **super().get_config(),
            "heads": self.heads,
            "dimension": self.dimension,
            "similarity": self.similarity,
            "dropout": self.rate,
        }
