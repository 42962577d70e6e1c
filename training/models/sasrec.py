"""SASRec (Kang & McAuley, 2018): causal self-attention over a user's history.

On `keras.layers.MultiHeadAttention`, pre-norm, trained with full softmax cross-entropy over tied
item embeddings (one sampled negative, as in the paper, is clearly worse: docs/decisions).
"""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

from training.config import ModelConfig
from training.preprocessing.sequences import PADDING

_INIT_STDDEV = 0.02


def _normal() -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=_INIT_STDDEV)


@keras.saving.register_keras_serializable("attn_training")
class Block(layers.Layer):
    """One transformer block: attention, then two dense layers, each normalised and residual."""

    def __init__(self, config: ModelConfig, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        size = config.dimension
        self.attention_norm = layers.LayerNormalization(epsilon=1e-5)
        self.attention = layers.MultiHeadAttention(
            config.heads,
            size // config.heads,
            dropout=config.dropout,
            kernel_initializer=_normal(),
            name="attention",
        )
        self.dense_norm = layers.LayerNormalization(epsilon=1e-5)
        self.widen = layers.Dense(4 * size, activation="gelu", kernel_initializer=_normal())
        self.narrow = layers.Dense(size, kernel_initializer=_normal())
        self.dropout = layers.Dropout(config.dropout)

    def call(self, x: Any, mask: Any, training: bool | None = None) -> Any:
        """Return `x [user, position, dimension]` after one block; `mask [user, 1, key]`."""
        normed = self.attention_norm(x)
        attended = self.attention(
            normed, normed, attention_mask=mask, use_causal_mask=True, training=training
        )
        x = x + self.dropout(attended, training=training)
        dense = self.narrow(self.widen(self.dense_norm(x)))
        return x + self.dropout(dense, training=training)


@keras.saving.register_keras_serializable("attn_training")
class SASRec(keras.Model):
    """Predicts, at every position, the item that comes next.

    Args:
      item_count: number of items, padding (0) included.
      config: the model's shape.
    """

    def __init__(self, item_count: int, config: ModelConfig, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.config = config
        self.items = layers.Embedding(
            item_count, config.dimension, embeddings_initializer=_normal(), name="items"
        )
        self.positions = layers.Embedding(
            config.history_length, config.dimension, embeddings_initializer=_normal()
        )
        self.blocks = [Block(config, name=f"block_{n}") for n in range(config.layers)]
        self.norm = layers.LayerNormalization(epsilon=1e-5)
        self.dropout = layers.Dropout(config.dropout)

    def call(self, items: Any, training: bool | None = None) -> Any:
        """Return `[user, position, dimension]` for left-padded `items [user, position]`."""
        x = self.items(items) * math.sqrt(self.config.dimension)
        x = x + self.positions(ops.arange(self.config.history_length))[None]
        x = self.dropout(x, training=training)
        mask = ops.not_equal(items, PADDING)[:, None, :]  # [user, 1, key]
        for block in self.blocks:
            x = block(x, mask, training=training)
        return self.norm(x)

    def item_scores(self, items: Any) -> Any:
        """Return `[user, item]`: how well each item would come next (logits)."""
        newest = self(items, training=False)[:, -1]  # [user, dimension]
        return ops.matmul(newest, ops.transpose(self.items.embeddings))

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the mean cross-entropy of the real targets `y [window, position]`.

        Args:
          y_pred: what `call` returned, `[window, position, dimension]`.
        """
        real = tf.where(y != PADDING)  # [target, 2]
        logits = tf.matmul(  # [target, item]
            tf.gather_nd(y_pred, real), self.items.embeddings, transpose_b=True
        )
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=tf.gather_nd(y, real), logits=logits
            )
        )
