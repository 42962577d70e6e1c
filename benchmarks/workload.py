"""The workload of section 7: SASRec d64 L50, 2 layers × 4 heads, batch 128, 8 users, real data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tensorboard_plugin_attn import Cohort
from tensorboard_plugin_attn.capture.keras_attention import capturing
from training.cohort import choose_cohort
from training.config import ModelConfig
from training.datasets.ecommerce import PACKED
from training.models.sasrec import SASRec
from training.preprocessing.dataset import WindowBatches
from training.preprocessing.interactions import Interactions, read_online_retail
from training.preprocessing.splitting import leave_one_out

Layers = list[NDArray[np.float32]]  # per layer `[user, head, query, key]`, left-padded

MODEL = ModelConfig(history_length=50, dimension=64, heads=4, layers=2, dropout=0.3)
BATCH_SIZE = 128
COHORT_SIZE = 8
LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class Workload:
    """A compiled model, its batches in one fixed order, and the users to follow."""

    model: SASRec
    batches: Sequence[tuple[NDArray[np.int32], NDArray[np.int32]]]
    cohort: Cohort
    interactions: Interactions

    @property
    def lengths(self) -> list[int]:
        """Return the real history items of each cohort user."""
        return [len(user.history) for user in self.cohort.users]


def build(*, full_histories: bool = False) -> Workload:
    """Return the workload, untrained, the same each time.

    Args:
      full_histories: follow users with at least `history_length` items, instead of users of all
        lengths.
    """
    keras.utils.set_random_seed(0)
    interactions = read_online_retail(PACKED)
    split = leave_one_out(interactions.sequences)
    length = MODEL.history_length
    chosen_from = split
    if full_histories:
        chosen_from = leave_one_out([s for s in interactions.sequences if len(s) >= length + 2])
    model = SASRec(interactions.item_count, MODEL, name="sasrec")
    model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE, beta_2=0.98))
    batches = WindowBatches(split.train, length, BATCH_SIZE, seed=0)
    return Workload(
        model,
        [batches[number] for number in range(len(batches))],
        choose_cohort(interactions, chosen_from, size=COHORT_SIZE, history_length=length),
        interactions,
    )


class Probe:
    """Attention of the cohort from one traced forward pass, as the callback's own probe."""

    def __init__(self, workload: Workload) -> None:
        self._inputs = tf.constant(workload.cohort.inputs)
        model: Any = workload.model

        @tf.function(autograph=False)
        def forward(inputs: tf.Tensor) -> list[tf.Tensor]:
            with capturing() as captured:
                model(inputs, training=False)
            return [layer.attention for layer in captured]

        self._forward = forward

    def tensors(self) -> list[tf.Tensor]:
        """Return each layer's `[user, head, query, key]`."""
        return list(self._forward(self._inputs))

    def arrays(self) -> Layers:
        """Return `tensors` as NumPy arrays."""
        return [tensor.numpy() for tensor in self.tensors()]


def captured_training(workload: Workload, steps: int) -> list[Layers]:
    """Train for `steps` and return the cohort's attention after each."""
    probe = Probe(workload)
    captured = []
    for step in range(steps):
        inputs, targets = workload.batches[step % len(workload.batches)]
        workload.model.train_on_batch(inputs, targets)
        captured.append(probe.arrays())
    return captured


def crop(attention: NDArray[np.float32], lengths: Sequence[int]) -> Layers:
    """Return each user's `[head, query, key]` without left padding."""
    return [
        np.ascontiguousarray(user[:, -length:, -length:])
        for user, length in zip(attention, lengths, strict=True)
    ]
