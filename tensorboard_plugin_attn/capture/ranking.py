"""The cohort's recommendations from a matrix of scores, with seen items taken out.

A score that is no number is never recommended and gives no rank: a model that diverged must not
look perfect.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn.capture.cohort import User
from tensorboard_plugin_attn.logging import UserRecommendations


class Ranker:
    """Ranks items for the same users again and again; what does not change is worked out once.

    Equal scores are ordered by column, in the list and in the target's rank alike.

    Args:
      items: item id of each column of the scores; columns with `None` (padding) are never
        recommended.
      users: whose histories, and what they know besides, are taken out of the candidates (a target
        that was seen stays).
      top_k: how many items to recommend.
      remove_seen: whether histories are taken out; not where items come again.

    Raises:
      ValueError: `top_k` is less than 1.
    """

    def __init__(
        self,
        items: Sequence[str | None],
        users: Sequence[User],
        top_k: int,
        *,
        remove_seen: bool = True,
    ) -> None:
        if top_k < 1:
            raise ValueError(f"top_k={top_k}: must be 1 or more")
        self._items, self._remove_seen = items, remove_seen
        column = {item: number for number, item in enumerate(items) if item is not None}
        self._targets = [None if user.target is None else column.get(user.target) for user in users]
        self._excluded = np.zeros((len(users), len(items)), bool)  # [user, item]
        self._excluded[:, [number for number, item in enumerate(items) if item is None]] = True
        for row, user in enumerate(users):
            seen = [column[item] for item in user.history if item in column]
            self._excluded[row, seen] = remove_seen
            if (target := self._targets[row]) is not None:
                self._excluded[row, target] = False
            self._excluded[row, [column[item] for item in user.known if item in column]] = True
        self._count = min(top_k, len(items))

    @property
    def items(self) -> Sequence[str | None]:
        """Return the item id of each column of the scores."""
        return self._items

    @property
    def targets(self) -> Sequence[int | None]:
        """Return the column of each user's target; `None` for a user who has none."""
        return self._targets

    def rank(self, scores: NDArray[np.float32]) -> list[UserRecommendations]:
        """Return the best candidates of each user, and the rank of the target.

        Args:
          scores: `[user, item]`, higher is better.

        Raises:
          ValueError: the shape does not fit.
        """
        if scores.shape != self._excluded.shape:
            raise ValueError(f"scores {list(scores.shape)}, expected {list(self._excluded.shape)}")
        candidates = np.where(self._excluded | np.isnan(scores), np.float32(-np.inf), scores)
        worst = np.partition(candidates, -self._count, axis=1)[:, -self._count]  # [user]
        return [
            self._recommend(target, row, lowest)
            for target, row, lowest in zip(self._targets, candidates, worst, strict=True)
        ]

    def _recommend(
        self, target: int | None, candidates: NDArray[np.float32], lowest: np.float32
    ) -> UserRecommendations:
        """Return those of `candidates [item]` that score at least `lowest`, best first."""
        best = np.flatnonzero((candidates >= lowest) & (candidates > -np.inf))
        best = best[np.argsort(-candidates[best], kind="stable")][: self._count]
        rank = None if target is None else _rank(candidates, target)
        return UserRecommendations(
            items=[str(self._items[int(number)]) for number in best],
            scores=candidates[best].tolist(),
            target_rank=rank,
            target_score=None if rank is None else float(candidates[target]),
            seen_removed=self._remove_seen,
        )


def _rank(candidates: NDArray[np.float32], target: int) -> int | None:
    """Return the place of `target` in the order of `candidates [item]`; `None` if it has none."""
    score = candidates[target]
    if score == -np.inf:
        return None
    before = (candidates > score).sum() + (candidates[:target] == score).sum()
    return 1 + int(before)
