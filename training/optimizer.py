"""Adam whose steps are the same on one device and on several.

Keras merges the rows of a sparse gradient (of an embedding) on each replica, but not after the sum
over replicas: a row that two replicas used then counts g1^2 + g2^2 in Adam's second moment, not
(g1 + g2)^2. Dense gradients have no rows to merge.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("attn_training")
class DenseAdam(keras.optimizers.Adam):  # type: ignore[misc]
    """`keras.optimizers.Adam` on dense gradients."""

    def apply(self, grads: Any, trainable_variables: Any = None) -> Any:
        """Update the weights; see `keras.optimizers.Optimizer.apply`."""
        variables = trainable_variables or self._trainable_variables
        dense = [
            tf.reshape(each, variable.shape) if isinstance(each, tf.IndexedSlices) else each
            for each, variable in zip(grads, variables, strict=True)
        ]
        return super().apply(dense, trainable_variables)
