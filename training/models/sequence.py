"""What SASRec and BERT4Rec share: item and position embeddings, transformer blocks, tied scores.

It knows nothing of how examples are made; `training/batches.py` does.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

from training.config import LossConfig, ModelConfig
from training.models.attention import ReweightedAttention
from training.objective import Objective
from training.preprocessing.sequences import PADDING

_INIT_STDDEV = 0.02


def normal() -> keras.initializers.Initializer:
    """Return the initializer of every kernel and embedding."""
    return keras.initializers.RandomNormal(stddev=_INIT_STDDEV)


@keras.saving.register_keras_serializable("attn_training")
class Block(layers.Layer):
    """One transformer block: attention, then two dense layers, each normalised and residual.

    Args:
      config: the model's shape.
      causal: whether a position attends to itself and earlier ones only.
    """

    def __init__(self, config: ModelConfig, *, causal: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        size = config.dimension
        self.causal = causal
        self.attention_norm = layers.LayerNormalization(epsilon=1e-5)
        self.attention = ReweightedAttention(
            config.heads,
            size // config.heads,
            dropout=config.dropout,
            kernel_initializer=normal(),
            name="attention",
        )
        self.dense_norm = layers.LayerNormalization(epsilon=1e-5)
        self.widen = layers.Dense(4 * size, activation="gelu", kernel_initializer=normal())
        self.narrow = layers.Dense(size, kernel_initializer=normal())
        self.dropout = layers.Dropout(config.dropout)

    def build(self, x_shape: Any) -> None:
        """Make the weights for `x [user, position, dimension]`."""
        self.attention_norm.build(x_shape)
        self.attention.build(x_shape, x_shape)
        self.dense_norm.build(x_shape)
        self.widen.build(x_shape)
        self.narrow.build((*x_shape[:-1], 4 * x_shape[-1]))

    def call(self, x: Any, mask: Any, log_weight: Any = None, training: bool | None = None) -> Any:
        """Return `x [user, position, dimension]` after one block; `mask [user, 1, key]`."""
        normed = self.attention_norm(x)
        attended = self.attention(
            normed,
            normed,
            log_weight=log_weight,
            attention_mask=mask,
            use_causal_mask=self.causal,
            training=training,
        )
        x = x + self.dropout(attended, training=training)
        dense = self.narrow(self.widen(self.dense_norm(x)))
        return x + self.dropout(dense, training=training)


class SequenceModel(keras.Model):
    """A transformer over a user's items; subclasses say which way it looks.

    Args:
      item_count: number of items, padding (0) included.
      config: the model's shape.
      loss: what is minimised.
      tokens: embeddings that are no items, after them (such as BERT4Rec's mask).
      causal: see `Block`.
    """

    def __init__(
        self,
        item_count: int,
        config: ModelConfig,
        loss: LossConfig | None = None,
        *,
        tokens: int = 0,
        causal: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.item_count = item_count
        self.config = config
        self.objective = Objective(loss or LossConfig(), item_count, name="objective")
        self.items = layers.Embedding(
            item_count + tokens, config.dimension, embeddings_initializer=normal(), name="items"
        )
        self.positions = layers.Embedding(
            config.history_length, config.dimension, embeddings_initializer=normal()
        )
        self.blocks = [
            Block(config, causal=causal, name=f"block_{n}") for n in range(config.layers)
        ]
        self.norm = layers.LayerNormalization(epsilon=1e-5)
        self.dropout = layers.Dropout(config.dropout)

    def build(self, items_shape: Any = None) -> None:
        """Make the weights; their shapes are the configuration's."""
        shape = (None, self.config.history_length, self.config.dimension)
        self.items.build(None)
        self.positions.build(None)
        for layer in (*self.blocks, self.norm):
            layer.build(shape)

    def call(self, items: Any, log_weight: Any = None, training: bool | None = None) -> Any:
        """Return `[user, position, dimension]` for left-padded `items [user, position]`.

        Args:
          items: item numbers, int32.
          log_weight: see `ReweightedAttention`; the same in every layer.
          training: whether to drop out.
        """
        x = self.items(items) * math.sqrt(self.config.dimension)
        x = x + self.positions(ops.arange(self.config.history_length))[None]
        x = self.dropout(x, training=training)
        mask = ops.not_equal(items, PADDING)[:, None, :]  # [user, 1, key]
        for block in self.blocks:
            x = block(x, mask, log_weight=log_weight, training=training)
        return self.norm(x)

    def item_scores(self, items: Any, log_weight: Any = None) -> Any:
        """Return `[user, item]`: how well each item would come next (logits).

        Args:
          items: histories, left-padded, `[user, position]`.
          log_weight: of the histories' positions, see `ReweightedAttention`.
        """
        newest = self(items, log_weight=log_weight, training=False)[:, -1]  # [user, dimension]
        return ops.matmul(ops.cast(newest, "float32"), ops.transpose(self.item_table()))

    def item_table(self) -> Any:
        """Return the embeddings of items, without other tokens, float32 `[item, dimension]`."""
        return ops.cast(self.items.embeddings[: self.item_count], "float32")

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the mean loss of the real targets `y [window, position]`.

        Args:
          y_pred: what `call` returned, `[window, position, dimension]`.
        """
        real = tf.where(y != PADDING)  # [target, 2]
        predicted = tf.cast(tf.gather_nd(y_pred, real), tf.float32)  # [target, dimension]
        return self.objective(predicted, self.item_table(), tf.gather_nd(y, real))

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` makes the same model of, weights aside."""
        return {
            "item_count": self.item_count,
            "config": asdict(self.config),
            "loss": asdict(self.objective.config),
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> SequenceModel:
        """Return the model `get_config` described."""
        config = dict(config)
        shape, loss = ModelConfig(**config.pop("config")), LossConfig(**config.pop("loss"))
        return cls(config.pop("item_count"), shape, loss, **config)
