"""What may be learned from and what is held out: never anything later than what is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

MIN_LENGTH = 3  # one to train on, one to validate, one to test


@dataclass(frozen=True)
class Split:
    """What a model may see at each stage; nothing later than what it is asked to predict.

    Attributes:
      train: items to learn from, per user: the beginning of the user's sequence.
      validation: the item after them.
      test: a later item.
      users: numbers of the users in the original sequences.
      between: items between the validation and the test item, per user; empty if there are none.
      others: beginnings of the sequences of users who have nothing held out.
      other_users: their numbers in the original sequences.
    """

    train: list[np.ndarray]
    validation: np.ndarray
    test: np.ndarray
    users: list[int]
    between: list[np.ndarray] = field(default_factory=list)
    others: list[np.ndarray] = field(default_factory=list)
    other_users: list[int] = field(default_factory=list)

    @property
    def validation_histories(self) -> list[np.ndarray]:
        """Return what is known when the validation item is predicted."""
        return self.train

    @property
    def test_histories(self) -> list[np.ndarray]:
        """Return what is known when the test item is predicted."""
        between = self.between or [np.array([], np.int32)] * len(self.train)
        return [
            np.concatenate([history, [item], later]).astype(np.int32)
            for history, item, later in zip(self.train, self.validation, between, strict=True)
        ]

    @property
    def training_sequences(self) -> list[np.ndarray]:
        """Return all there is to learn from: `train`, and users who have nothing held out."""
        return [*self.train, *self.others]

    def training_lengths(self, user_count: int) -> np.ndarray:
        """Return how much of each user's sequence is training, int64 `[user]`."""
        lengths = np.zeros(user_count, np.int64)
        for user, items in zip(
            [*self.users, *self.other_users], self.training_sequences, strict=True
        ):
            lengths[user] = len(items)
        return lengths


def leave_one_out(sequences: Sequence[np.ndarray]) -> Split:
    """Return the split of `sequences`; users with fewer than three items are left out.

    A user's last item tests, the one before validates.
    """
    users = [user for user, items in enumerate(sequences) if len(items) >= MIN_LENGTH]
    return Split(
        train=[sequences[user][:-2] for user in users],
        validation=np.array([sequences[user][-2] for user in users], np.int32),
        test=np.array([sequences[user][-1] for user in users], np.int32),
        users=users,
    )


def time_cuts(
    timestamps: Sequence[np.ndarray], validation_share: float = 0.1, test_share: float = 0.1
) -> tuple[float, float]:
    """Return when validation and test begin, so that about these shares of interactions follow.

    Raises:
      ValueError: the shares or the times leave nothing to learn from.
    """
    times = np.sort(np.concatenate(list(timestamps)))
    if not 0 < validation_share < validation_share + test_share < 1:
        raise ValueError(f"shares {validation_share} and {test_share} must leave some for training")
    begin = times[int(len(times) * (1 - validation_share - test_share))]
    test = times[int(len(times) * (1 - test_share))]
    if not times[0] < begin < test:
        raise ValueError(
            "too many interactions share a time to split by time: use leave_one_out instead"
        )
    return float(begin), float(test)


def global_time_split(
    sequences: Sequence[np.ndarray],
    timestamps: Sequence[np.ndarray],
    cuts: tuple[float, float],
) -> Split:
    """Return the split at two moments that are the same for everyone.

    Everything before `cuts[0]` is for training. A user's first item from then on validates, the
    first from `cuts[1]` on tests; who lacks either, or has nothing before, is only learned from.

    Args:
      sequences: items per user, oldest first.
      timestamps: seconds per user and item, ascending.
      cuts: when validation and test begin, see `time_cuts`.
    """
    places = [np.searchsorted(times, cuts, side="left") for times in timestamps]
    sizes = [len(items) for items in sequences]
    users = [user for user, (begin, test) in enumerate(places) if 0 < begin < test < sizes[user]]
    chosen = set(users)
    others = [user for user, (begin, _) in enumerate(places) if begin > 0 and user not in chosen]
    return Split(
        train=[sequences[user][: places[user][0]] for user in users],
        validation=np.array([sequences[user][places[user][0]] for user in users], np.int32),
        test=np.array([sequences[user][places[user][1]] for user in users], np.int32),
        users=users,
        between=[sequences[user][places[user][0] + 1 : places[user][1]] for user in users],
        others=[sequences[user][: places[user][0]] for user in others],
        other_users=others,
    )
