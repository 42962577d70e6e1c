"""What any model must be compared with: popularity, and a windowed Markov chain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MARKOV_WINDOW = 20


def popularity_scores(train: Sequence[np.ndarray], item_count: int, users: int) -> np.ndarray:
    """Return `[user, item]`: how often each item occurs in `train`, the same for every user."""
    counts = np.bincount(np.concatenate(train), minlength=item_count).astype(np.float32)
    return np.tile(counts, (users, 1))


def markov_scores(
    train: Sequence[np.ndarray], histories: Sequence[np.ndarray], item_count: int
) -> np.ndarray:
    """Return `[user, item]`: transitions at distance d ≤ 20 count 1/d, in training and in use."""
    transitions = np.zeros((item_count, item_count), np.float32)  # [from, to]
    for items in train:
        for distance in range(1, min(MARKOV_WINDOW, len(items) - 1) + 1):
            np.add.at(transitions, (items[:-distance], items[distance:]), 1 / distance)
    transitions /= np.maximum(transitions.sum(axis=1, keepdims=True), 1)
    scores = np.zeros((len(histories), item_count), np.float32)
    for row, history in zip(scores, histories, strict=True):
        for distance, item in enumerate(history[::-1][:MARKOV_WINDOW], start=1):
            row += transitions[item] / distance
    return scores
