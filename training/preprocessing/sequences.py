"""Item sequences as arrays a model takes: left-padded, cut to the newest items."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

PADDING = 0


def pad(histories: Sequence[np.ndarray], length: int) -> np.ndarray:
    """Return int32 `[user, position]`: the newest `length` items, padded on the left."""
    padded = np.full((len(histories), length), PADDING, np.int32)
    for row, history in zip(padded, histories, strict=True):
        newest = history[-length:]
        if len(newest):
            row[-len(newest) :] = newest
    return padded


def next_item_windows(
    sequences: Sequence[np.ndarray], length: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and targets, int32 `[window, position]`, for one epoch.

    A long sequence is cut into windows of `length` that do not overlap, from a random place near
    its end, so that over the epochs an item is predicted from different distances. Targets are
    the items one position later; padding is 0 in both.
    """
    windows = [
        window
        for sequence in sequences
        for window in _windows_of(sequence, length, random)
        if len(window) > 1
    ]
    return pad([w[:-1] for w in windows], length), pad([w[1:] for w in windows], length)


def _windows_of(sequence: np.ndarray, length: int, random: np.random.Generator) -> list[np.ndarray]:
    if len(sequence) <= length + 1:
        return [sequence]
    offset = int(random.integers(0, length // 2))
    ends = list(range(len(sequence) - offset, 1, -length))
    if offset:
        ends.append(len(sequence))
    return [sequence[max(0, end - length - 1) : end] for end in ends]
