"""Training examples as each model wants them: next items, masked items, or candidates.

Each is a `PyDataset` whose epochs follow from the seed, so that replaying `on_epoch_end` n times
gives the batches of epoch n: that is how a training is resumed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from training.preprocessing.dataset import WindowBatches
from training.preprocessing.sequences import PADDING, next_item_windows, pad

__all__ = ["CandidateBatches", "MaskedBatches", "WindowBatches", "masked", "prefixes"]


class _Epochs(keras.utils.PyDataset):  # type: ignore[misc]
    """Full batches of what `_cut` makes of the sequences, anew each epoch."""

    def __init__(
        self, sequences: Sequence[np.ndarray], length: int, batch_size: int, seed: int
    ) -> None:
        super().__init__()
        self._sequences, self._length = sequences, length
        self._random = np.random.default_rng(seed)
        self._cut()
        if not self._count():
            raise ValueError("no user has two items to learn from: give longer histories")
        self._batch_size = min(batch_size, self._count())
        self._batches = self._count() // self._batch_size

    def _cut(self) -> None:
        raise NotImplementedError

    def _count(self) -> int:
        raise NotImplementedError

    def __len__(self) -> int:
        return self._batches

    def _rows(self, index: int) -> np.ndarray:
        first = index * self._batch_size
        return np.arange(first, first + self._batch_size) % self._count()

    def on_epoch_end(self) -> None:
        """Make the next epoch's examples."""
        self._cut()


class MaskedBatches(_Epochs):
    """`(inputs, targets)` of BERT4Rec: int32 `[window, position]`, items masked at random.

    Args:
      sequences: training items per user.
      length: window length.
      batch_size: windows per batch.
      seed: the same seed gives the same batches.
      mask_token: what stands for a masked item.
      share: of items that are masked; at least one is, and in a tenth of the windows it is the last
        alone, as when predicting.

    Raises:
      ValueError: no user has two items.
    """

    def __init__(
        self,
        sequences: Sequence[np.ndarray],
        length: int,
        batch_size: int,
        seed: int,
        *,
        mask_token: int,
        share: float,
    ) -> None:
        self._mask_token, self._share = mask_token, share
        super().__init__(sequences, length, batch_size, seed)

    def _cut(self) -> None:
        _, windows = next_item_windows(self._sequences, self._length, self._random)
        windows = windows[self._random.permutation(len(windows))]
        self._inputs, self._targets = masked(windows, self._mask_token, self._share, self._random)

    def _count(self) -> int:
        return len(self._inputs)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self._rows(index)
        return self._inputs[rows], self._targets[rows]


def masked(
    windows: np.ndarray, mask_token: int, share: float, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return `windows [window, position]` with masks, and the items under them (else 0)."""
    chosen = random.random(windows.shape) < share
    last_only = random.random(len(windows)) < 0.1
    nothing = ~(chosen & (windows != PADDING)).any(axis=1)
    chosen[last_only] = False
    chosen[last_only | nothing, -1] = True  # left-padded: the last is always an item
    chosen &= windows != PADDING
    return (
        np.where(chosen, np.int32(mask_token), windows),
        np.where(chosen, windows, np.int32(PADDING)),
    )


class CandidateBatches(_Epochs):
    """`(inputs, targets)` of FeatureAttention: histories, candidates and users' features.

    Args:
      sequences: training items per user.
      length: newest items in a history.
      batch_size: examples per batch.
      seed: the same seed gives the same batches.
      per_user: next items that are asked of each user in an epoch, at most.
      negatives: candidates besides the target, the same for a batch.
      probabilities: how likely each item is to be a negative, `[item]`.
      users: features of each user, arrays `[user, ...]` by input name.
      said: what users said at each place of their sequences, float32 `[place, channel]` a user;
        becomes the input `said`.

    Raises:
      ValueError: no user has two items.
    """

    def __init__(
        self,
        sequences: Sequence[np.ndarray],
        length: int,
        batch_size: int,
        seed: int,
        *,
        per_user: int,
        negatives: int,
        probabilities: np.ndarray,
        users: Mapping[str, np.ndarray],
        said: Sequence[np.ndarray] | None = None,
    ) -> None:
        self._per_user, self._negatives = per_user, negatives
        self._probabilities = probabilities / probabilities.sum()
        self._users, self._said = users, said
        super().__init__(sequences, length, batch_size, seed)

    def _cut(self) -> None:
        places = prefixes([len(items) for items in self._sequences], self._per_user, self._random)
        self._places = places[self._random.permutation(len(places))]
        self._seeds = self._random.integers(0, 2**31, max(1, len(places)))  # one a batch suffices

    def _count(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        chosen = self._places[self._rows(index)]
        histories = [self._sequences[user][:place] for user, place in chosen]
        targets = np.array([self._sequences[user][place] for user, place in chosen], np.int32)
        random = np.random.default_rng(self._seeds[index])
        drawn = random.choice(len(self._probabilities), self._negatives, p=self._probabilities)
        candidates = np.empty((len(chosen), 1 + self._negatives), np.int32)
        candidates[:, 0], candidates[:, 1:] = targets, drawn
        inputs: dict[str, Any] = {"history": pad(histories, self._length), "candidate": candidates}
        inputs |= {name: values[chosen[:, 0]] for name, values in self._users.items()}
        if self._said is not None:
            inputs["said"] = np.stack([self._said[user][place] for user, place in chosen])
        return inputs, np.zeros(len(chosen), np.int32)


def prefixes(lengths: Sequence[int], per_user: int, random: np.random.Generator) -> np.ndarray:
    """Return `[example, (user, place)]`: places whose item is asked, after at least one other."""
    found = [
        (user, place)
        for user, length in enumerate(lengths)
        if length > 1
        for place in random.permutation(np.arange(1, length))[:per_user].tolist()
    ]
    return np.array(found, np.int64).reshape(-1, 2)
