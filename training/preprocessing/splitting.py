"""Chronological leave-one-out: a user's last item tests, the one before validates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MIN_LENGTH = 3  # one to train on, one to validate, one to test


@dataclass(frozen=True)
class Split:
    """What a model may see at each stage; nothing later than what it is asked to predict.

    Attributes:
      train: items to learn from, per user.
      validation: the item after them.
      test: the item after that.
      users: numbers of the users in the original sequences.
    """

    train: list[np.ndarray]
    validation: np.ndarray
    test: np.ndarray
    users: list[int]

    @property
    def validation_histories(self) -> list[np.ndarray]:
        """Return what is known when the validation item is predicted."""
        return self.train

    @property
    def test_histories(self) -> list[np.ndarray]:
        """Return what is known when the test item is predicted."""
        return [
            np.append(history, item)
            for history, item in zip(self.train, self.validation, strict=True)
        ]


def leave_one_out(sequences: Sequence[np.ndarray]) -> Split:
    """Return the split of `sequences`; users with fewer than three items are left out."""
    users = [user for user, items in enumerate(sequences) if len(items) >= MIN_LENGTH]
    return Split(
        train=[sequences[user][:-2] for user in users],
        validation=np.array([sequences[user][-2] for user in users], np.int32),
        test=np.array([sequences[user][-1] for user in users], np.int32),
        users=users,
    )
