"""What any model must be compared with: popularity, item-kNN with decay, a windowed Markov chain.

They hold item x item matrices, so they refuse catalogues for which these do not fit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MARKOV_WINDOW = 20
NEIGHBOURS = 50
DECAY = 0.5
MAX_ITEMS = 30_000  # 3.6 GB a matrix


def baseline_scores(
    name: str, train: Sequence[np.ndarray], histories: Sequence[np.ndarray], item_count: int
) -> np.ndarray:
    """Return `[user, item]` of one of `BASELINES`."""
    return BASELINES[name](train, histories, item_count)


def popularity_scores(train: Sequence[np.ndarray], item_count: int, users: int) -> np.ndarray:
    """Return `[user, item]`: how often each item occurs in `train`, the same for every user."""
    counts = np.bincount(np.concatenate(train), minlength=item_count).astype(np.float32)
    return np.tile(counts, (users, 1))


def knn_scores(
    train: Sequence[np.ndarray],
    histories: Sequence[np.ndarray],
    item_count: int,
    *,
    neighbours: int = NEIGHBOURS,
    decay: float = DECAY,
) -> np.ndarray:
    """Return `[user, item]`: cosine to the user's items, the newest counting most.

    The cosine is that of two items' sets of users; of each item its nearest `neighbours` count. The
    item d places before the newest counts `decay ** d`.

    Raises:
      ValueError: too many items.
    """
    _check(item_count)
    similar = _nearest(_cosines(train, item_count), neighbours)
    scores = np.zeros((len(histories), item_count), np.float32)
    for row, history in zip(scores, histories, strict=True):
        recent = history[::-1][:64]  # decay ** 64 is nothing
        row += (decay ** np.arange(len(recent), dtype=np.float32)) @ similar[recent]
    return scores


def markov_scores(
    train: Sequence[np.ndarray], histories: Sequence[np.ndarray], item_count: int
) -> np.ndarray:
    """Return `[user, item]`: transitions at distance d ≤ 20 count 1/d, in training and in use.

    Raises:
      ValueError: too many items.
    """
    _check(item_count)
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


BASELINES = {
    "popularity": lambda train, histories, items: popularity_scores(train, items, len(histories)),
    f"item-kNN, decay {DECAY}": knn_scores,
    f"Markov, window {MARKOV_WINDOW}": markov_scores,
}


def _cosines(train: Sequence[np.ndarray], item_count: int) -> np.ndarray:
    """Return the cosine of the items' sets of users, `[item, item]`, 0 with itself."""
    together = np.zeros((item_count, item_count), np.float32)
    for first in range(0, len(train), 512):
        part = train[first : first + 512]
        has = np.zeros((len(part), item_count), np.float32)
        for row, items in zip(has, part, strict=True):
            row[items] = 1
        together += has.T @ has
    size = np.sqrt(np.maximum(together.diagonal(), 1))
    together /= size[:, None]
    together /= size[None, :]
    np.fill_diagonal(together, 0)
    return together


def _nearest(similar: np.ndarray, count: int) -> np.ndarray:
    """Return `similar [item, item]` with 0 for what is not among an item's `count` nearest."""
    if count < len(similar):
        rows = np.arange(len(similar))[:, None]
        others = np.argsort(-similar, axis=1, kind="stable")[:, count:]
        similar[rows, others] = 0
    return similar


def _check(item_count: int) -> None:
    if item_count > MAX_ITEMS:
        raise ValueError(
            f"{item_count} items: this baseline holds an item x item matrix, for at most "
            f"{MAX_ITEMS}; take the most popular items only"
        )
