"""Batches of windows for `fit`, cut anew each epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from training.preprocessing.sequences import next_item_windows


class WindowBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """`(inputs, targets)` batches, int32 `[window, position]`, in a new random order each epoch.

    Args:
      sequences: training items per user.
      length: window length.
      batch_size: windows per batch, all windows if there are fewer. Every batch is full and every
        epoch as long as the first: what is left over waits for another epoch's order, and an
        epoch that was cut into fewer windows starts over with its first.
      seed: the same seed gives the same batches.

    Raises:
      ValueError: no user has two items.
    """

    def __init__(
        self,
        sequences: Sequence[np.ndarray],
        length: int,
        batch_size: int,
        seed: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._sequences = sequences
        self._length = length
        self._random = np.random.default_rng(seed)
        self._cut()
        if not len(self._inputs):
            raise ValueError("no user has two items to learn from: give longer histories")
        self._batch_size = min(batch_size, len(self._inputs))
        self._batches = len(self._inputs) // self._batch_size

    def _cut(self) -> None:
        inputs, targets = next_item_windows(self._sequences, self._length, self._random)
        order = self._random.permutation(len(inputs))
        self._inputs, self._targets = inputs[order], targets[order]

    def __len__(self) -> int:
        return self._batches

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        first = index * self._batch_size
        rows = np.arange(first, first + self._batch_size) % len(self._inputs)
        return self._inputs[rows], self._targets[rows]

    def on_epoch_end(self) -> None:
        """Cut new windows for the next epoch."""
        self._cut()
