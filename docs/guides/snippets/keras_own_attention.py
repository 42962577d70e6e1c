"""Logs a Keras model with an attention class of its own: `python keras_own_attention.py LOGDIR`."""

import sys
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from tensorboard_plugin_attn import AttentionWriter, Cohort, User

LOGDIR = sys.argv[1] if len(sys.argv) > 1 else "logs"
LENGTH, ITEMS = 10, 51


class OwnAttention(layers.Layer):
    """One head of scaled dot-product attention that gives its weights beside its output."""

    def call(self, x: Any) -> tuple[Any, Any]:
        """Return `[user, query, channel]` and the weights `[user, query, key]`."""
        scores = ops.matmul(x, ops.transpose(x, (0, 2, 1))) / x.shape[-1] ** 0.5
        weights = ops.softmax(scores, axis=-1)
        return ops.matmul(weights, x), weights


class OwnAttentionCallback(keras.callbacks.Callback):
    """Runs a model that outputs the weights on the cohort after every training step."""

    def __init__(self, probe: keras.Model, inputs: np.ndarray, writer: AttentionWriter) -> None:
        super().__init__()
        self.probe, self.inputs, self.writer = probe, inputs, writer

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Log `[user, head, query, key]`; this class has one head."""
        weights = np.asarray(self.probe(self.inputs, training=False))
        step = int(self.model.optimizer.iterations)
        self.writer.attention("own", weights[:, None], step=step)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Write what waits."""
        self.writer.close()


inputs = keras.Input((LENGTH,), dtype="int32")
attended, weights = OwnAttention()(layers.Embedding(ITEMS, 16)(inputs))
model = keras.Model(inputs, layers.Dense(ITEMS)(attended[:, -1]))
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer="adam", loss=loss)

sequences = np.random.default_rng(0).integers(1, ITEMS, (256, LENGTH + 1))
histories, targets = sequences[:, :-1], sequences[:, -1]
cohort = Cohort(
    users=[
        User(id=f"customer-{row}", history=[str(item) for item in histories[row]])
        for row in range(2)
    ]
)
writer = AttentionWriter(f"{LOGDIR}/run3/attention", cohort=cohort)
probe = keras.Model(inputs, weights)
callback = OwnAttentionCallback(probe, histories[:2], writer)
model.fit(histories, targets, batch_size=64, epochs=2, verbose=0, callbacks=[callback])
print(writer.status())
