"""Says when, what and whom to log, and what it may cost: `python keras_schedule.py LOGDIR`."""

import sys

import keras
import numpy as np
from keras import layers

from tensorboard_plugin_attn import Cohort, User, schedule
from tensorboard_plugin_attn.capture.keras import AttentionCallback

LOGDIR = sys.argv[1] if len(sys.argv) > 1 else "logs"
LENGTH, ITEMS = 20, 101

inputs = keras.Input((LENGTH,), dtype="int32")
x = layers.Embedding(ITEMS, 32)(inputs)
for block in range(2):
    x = x + layers.MultiHeadAttention(4, 8, name=f"block_{block}")(x, x, use_causal_mask=True)
model = keras.Model(inputs, layers.Dense(ITEMS)(x[:, -1]))
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer="adam", loss=loss)

sequences = np.random.default_rng(0).integers(1, ITEMS, (512, LENGTH + 1))
histories, targets = sequences[:, :-1], sequences[:, -1]
cohort = Cohort(
    users=[
        User(id=f"customer-{row}", history=[str(item) for item in histories[row]])
        for row in range(8)
    ],
    inputs=histories[:8],
)

attention = AttentionCallback(
    f"{LOGDIR}/run4/attention",
    cohort=cohort,
    schedule=schedule.log_spaced(10) | schedule.every_steps(50) | schedule.every_epochs(),  # when
    layers=["block_1"],  # what: a part of the layer's name is enough
    heads=[0, 3],
    users=["customer-2", "customer-5"],  # whom
    max_overhead=0.05,  # at most 5% longer training
    budget_bytes=1 << 30,  # a log of about 1 GiB
)
model.fit(histories, targets, batch_size=16, epochs=3, verbose=2, callbacks=[attention])
print(attention.cost)
