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
      batch_size: windows per batch; the last, smaller batch is left out unless it is the only one.
      seed: the same seed gives the same batches.
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
        self._batch_size = batch_size
        self._random = np.random.default_rng(seed)
        self._cut()
        self._batches = max(1, len(self._inputs) // batch_size)

    def _cut(self) -> None:
        inputs, targets = next_item_windows(self._sequences, self._length, self._random)
        order = self._random.permutation(len(inputs))
        self._inputs, self._targets = inputs[order], targets[order]

    def __len__(self) -> int:
        return self._batches

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = slice(index * self._batch_size, (index + 1) * self._batch_size)
        return self._inputs[rows], self._targets[rows]

    def on_epoch_end(self) -> None:
        """Cut new windows for the next epoch."""
        self._cut()
