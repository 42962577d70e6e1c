"""From hidden states to a loss: draws negatives where the loss wants them, and scales for replicas.

The state of its random numbers is saved with the model, so that a resumed training goes on as if it
had not been interrupted.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from training import losses
from training.config import LossConfig


class Objective(keras.layers.Layer):  # type: ignore[misc]
    """Mean loss of predictions over tied item embeddings.

    Args:
      config: which loss; `"auto"` is full softmax below 50 000 items, sampled softmax above.
      item_count: number of items, padding (0) included.
      counts: occurrences of each item in training, for drawing negatives of `"sampled_softmax"`
        by popularity; `None`: uniformly.
    """

    def __init__(
        self,
        config: LossConfig,
        item_count: int,
        counts: np.ndarray | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.config = config
        self.kind = config.resolved(item_count)
        self.item_count = item_count
        self.seed = keras.random.SeedGenerator(config.seed)
        self.draw_by(counts)

    def draw_by(self, counts: np.ndarray | None) -> None:
        """Draw negatives of sampled softmax in proportion to `counts [item] ** popularity`."""
        share = np.ones(self.item_count) if counts is None else np.maximum(counts, 0) + 1.0
        share = share**self.config.popularity if counts is not None else share
        if self.kind == "gbce":
            share = np.ones(self.item_count)  # its calibration is for uniform negatives
        share[0] = 0.0
        share /= share.sum()
        self._cumulative = np.cumsum(share).astype(np.float32)
        self._log_q = np.log(np.maximum(share, 1e-30)).astype(np.float32)

    def call(self, predicted: Any, table: Any, targets: Any) -> Any:
        """Return the mean loss, divided by the number of replicas as Keras' optimizers want it.

        Args:
          predicted: hidden states, float32 `[target, dimension]`.
          table: item embeddings, float32 `[item, dimension]`.
          targets: item numbers, `[target]`.
        """
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        return tf.reduce_mean(self.each(predicted, table, targets)) / replicas

    def each(self, predicted: Any, table: Any, targets: Any) -> Any:
        """Return the loss of each target, `[target]`; arguments as of `call`."""
        if self.kind == "full_softmax":
            return losses.full_softmax(tf.matmul(predicted, table, transpose_b=True), targets)
        positive = tf.reduce_sum(predicted * tf.gather(table, targets), axis=1)  # [target]
        if self.kind == "sampled_softmax":  # negatives shared by the batch: one matrix product
            drawn = self.draw([self.config.negatives])  # [negative]
            negative = tf.matmul(predicted, tf.gather(table, drawn), transpose_b=True)
            log_q = tf.constant(self._log_q)
            return losses.sampled_softmax(
                positive,
                negative,
                tf.gather(log_q, targets),
                tf.gather(log_q, drawn)[None],
                tf.cast(targets, drawn.dtype)[:, None] == drawn[None],
            )
        drawn = self.draw([tf.shape(targets)[0], self.config.negatives])  # [target, negative]
        negative = tf.einsum("td,tnd->tn", predicted, tf.gather(table, drawn))
        negative = tf.ensure_shape(negative, [None, self.config.negatives])
        return losses.gbce(
            positive,
            negative,
            tf.cast(targets, drawn.dtype)[:, None] == drawn,
            item_count=self.item_count - 1,
            t=self.config.gbce_t,
        )

    def of_candidates(self, scores: Any, candidates: Any) -> Any:
        """Return the mean loss over candidates that are drawn already, see `batches`.

        Args:
          scores: `[batch, candidate]`; the first is the target's.
          candidates: item numbers, likewise.
        """
        is_target = candidates[:, 1:] == candidates[:, :1]  # [batch, negative]
        positive, negative = scores[:, 0], scores[:, 1:]
        if self.kind == "gbce":
            each = losses.gbce(
                positive, negative, is_target, item_count=self.item_count - 1, t=self.config.gbce_t
            )
        else:
            log_q = tf.gather(tf.constant(self._log_q), candidates)  # [batch, candidate]
            each = losses.sampled_softmax(positive, negative, log_q[:, 0], log_q[:, 1:], is_target)
        return tf.reduce_mean(each) / tf.distribute.get_strategy().num_replicas_in_sync

    @property
    def probabilities(self) -> np.ndarray:
        """Return how likely each item is to be drawn, `[item]`."""
        return np.diff(self._cumulative, prepend=np.float32(0)).astype(np.float64)

    def draw(self, shape: Any) -> Any:
        """Return items drawn from the sampler's distribution, int32 `shape`."""
        seed = tf.cast(self.seed.next(), tf.int32)
        uniform = tf.random.stateless_uniform(shape, seed)
        items = tf.searchsorted(tf.constant(self._cumulative), tf.reshape(uniform, [-1]), "right")
        return tf.reshape(tf.minimum(items, self.item_count - 1), shape)
