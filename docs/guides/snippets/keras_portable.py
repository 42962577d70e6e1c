"""Logs a Keras model as data, so that the tab can explain it: `python keras_portable.py LOGDIR`."""

import sys

import keras
import numpy as np
from keras import layers, ops

from tensorboard_plugin_attn import Cohort, Item, User
from tensorboard_plugin_attn.capture.keras import AttentionCallback
from tensorboard_plugin_attn.portable.description import Description

LOGDIR = sys.argv[1] if len(sys.argv) > 1 else "logs"
LENGTH, ITEMS, SIZE, HEADS, INNER = 12, 41, 16, 2, 32  # item 0 is padding


class Recommender(keras.Model):
    """One pre-norm block over a history, scores tied to the items' embeddings."""

    def __init__(self):
        super().__init__()
        self.items = layers.Embedding(ITEMS, SIZE)
        self.positions = layers.Embedding(LENGTH, SIZE)
        self.attention_norm = layers.LayerNormalization(epsilon=1e-5)
        self.attention = layers.MultiHeadAttention(HEADS, SIZE // HEADS, name="attention")
        self.dense_norm = layers.LayerNormalization(epsilon=1e-5)
        self.widen = layers.Dense(INNER, activation="relu")
        self.narrow = layers.Dense(SIZE)
        self.norm = layers.LayerNormalization(epsilon=1e-5)

    def call(self, histories):
        """Return the score of each item after `histories [user, place]`."""
        x = self.items(histories) + self.positions(ops.arange(LENGTH))[None]
        normed, real = self.attention_norm(x), ops.not_equal(histories, 0)[:, None]
        x = x + self.attention(normed, normed, attention_mask=real, use_causal_mask=True)
        x = x + self.narrow(self.widen(self.dense_norm(x)))
        return ops.matmul(self.norm(x)[:, -1], ops.transpose(self.items.embeddings))


def portable(model, attention_layers):
    """Return what the model is, and its weights by the names the description asks for."""
    description = Description(
        item_count=ITEMS,
        history_length=LENGTH,
        dimension=SIZE,
        heads=HEADS,
        layers=1,
        dense_size=INNER,
        causal=True,
        predicts_from="newest",
        activation="relu",
        embedding_scale=1.0,
        attention_layers=list(attention_layers),  # what the log calls them
    )
    query, key, value, output = (
        getattr(model.attention, f"_{part}_dense") for part in ("query", "key", "value", "output")
    )
    weights = {"items": model.items.embeddings, "positions": model.positions.embeddings}
    norms = {
        "norm": model.norm,
        "block_0.attention_norm": model.attention_norm,
        "block_0.dense_norm": model.dense_norm,
    }
    for name, norm in norms.items():
        weights |= {f"{name}.scale": norm.gamma, f"{name}.offset": norm.beta}
    projections = {"query": query, "key": key, "value": value, "output": output}
    for name, dense in {**projections, "widen": model.widen, "narrow": model.narrow}.items():
        weights |= {f"block_0.{name}.weight": dense.kernel, f"block_0.{name}.bias": dense.bias}
    shapes = description.shapes()
    return description, {
        name: np.reshape(weight, shapes[name]).astype(np.float32)
        for name, weight in weights.items()
    }


random = np.random.default_rng(0)
first = random.integers(1, ITEMS - LENGTH, 256)
sequences = first[:, None] + np.arange(LENGTH + 1)
histories, targets = sequences[:, :-1], sequences[:, -1]
cohort = Cohort(
    users=[
        User(f"customer-{row}", [str(item) for item in histories[row]], str(targets[row]))
        for row in range(4)
    ],
    items={str(item): Item(str(item), f"Item {item}") for item in range(1, ITEMS)},
    inputs=histories[:4],
)
attention = AttentionCallback(
    f"{LOGDIR}/run9/attention",
    cohort=cohort,
    max_overhead=None,
    scores=lambda model, inputs: model(inputs, training=False),
    score_items=[None, *(str(item) for item in range(1, ITEMS))],
    portable=portable,
)
model = Recommender()
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(histories, targets, batch_size=32, epochs=2, verbose=0, callbacks=[attention])
print(attention.status())
