"""Logs the attention of an unmodified Keras model: `python keras_callback.py LOGDIR`."""

import sys

import keras
import numpy as np
from keras import layers

from tensorboard_plugin_attn import Cohort, Item, User
from tensorboard_plugin_attn.capture.keras import AttentionCallback

LOGDIR = sys.argv[1] if len(sys.argv) > 1 else "logs"
LENGTH, ITEMS = 20, 101  # item 0 is padding

# Your model: nothing in it knows of logging.
inputs = keras.Input((LENGTH,), dtype="int32")
x = layers.Embedding(ITEMS, 32, mask_zero=True)(inputs)
x = x + layers.MultiHeadAttention(2, 16, name="attention")(x, x, use_causal_mask=True)
model = keras.Model(inputs, layers.Dense(ITEMS)(x[:, -1]))
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer="adam", loss=loss)

# Your data: here item n is followed by item n + 1.
random = np.random.default_rng(0)
first = random.integers(1, ITEMS - LENGTH, 512)
sequences = first[:, None] + np.arange(LENGTH + 1)
histories, targets = sequences[:, :-1], sequences[:, -1]

# Whom to follow: the same users, fed in the same order, at every step.
lengths = (5, 12, LENGTH)
followed = np.zeros((len(lengths), LENGTH), np.int32)
for row, length in enumerate(lengths):
    followed[row, -length:] = histories[row, -length:]  # padded on the left
cohort = Cohort(
    users=[
        User(
            id=f"customer-{row}",
            history=[str(item) for item in followed[row, -length:]],
            target=str(targets[row]),
        )
        for row, length in enumerate(lengths)
    ],
    items={str(item): Item(str(item), label=f"Item {item}") for item in range(1, ITEMS)},
    inputs=followed,
)

attention = AttentionCallback(
    f"{LOGDIR}/run1/attention",
    cohort=cohort,
    max_overhead=None,  # so short a training may cost what it likes; the default is 5%
    scores=lambda model, inputs: model(inputs, training=False),
    score_items=[None, *(str(item) for item in range(1, ITEMS))],
)
model.fit(histories, targets, batch_size=64, epochs=3, verbose=0, callbacks=[attention])
print(attention.status())
