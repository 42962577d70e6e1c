"""For whom a model is good: users by the length of their history, targets by their popularity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

HEAD_SHARE, MIDDLE_SHARE = 1 / 3, 2 / 3  # of all interactions


def segments(
    train: Sequence[np.ndarray],
    histories: Sequence[np.ndarray],
    targets: np.ndarray,
    item_count: int,
) -> dict[str, np.ndarray]:
    """Return which users are in each segment, bool `[user]`; empty ones are left out.

    History: three parts of about equal size. Target: head, middle and tail are the most popular,
    the next and the least popular items that a third of the interactions each falls on.
    """
    lengths = np.array([len(history) for history in histories])
    low, high = np.quantile(lengths, [1 / 3, 2 / 3], method="higher")
    tier = _tiers(train, item_count)[targets]
    found = {
        f"history up to {low}": lengths <= low,
        f"history {low + 1} to {high}": (lengths > low) & (lengths <= high),
        f"history over {high}": lengths > high,
        "target in the head": tier == 0,
        "target in the middle": tier == 1,
        "target in the tail": tier == 2,
    }
    return {name: chosen for name, chosen in found.items() if chosen.any()}


def _tiers(train: Sequence[np.ndarray], item_count: int) -> np.ndarray:
    """Return 0, 1 or 2 for each item: head, middle, tail."""
    counts = np.bincount(np.concatenate(train), minlength=item_count)
    order = np.argsort(-counts, kind="stable")
    before = np.cumsum(counts[order]) - counts[order]  # interactions with more popular items
    share = before / max(1, counts.sum())
    tiers = np.empty(item_count, np.int64)
    tiers[order] = (share >= HEAD_SHARE).astype(int) + (share >= MIDDLE_SHARE)
    return tiers
