"""The cohort's recommendations from a matrix of scores, with seen items taken out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn.capture.cohort import User
from tensorboard_plugin_attn.logging import UserRecommendations


class Ranker:
    """Ranks items for the same users again and again; what does not change is worked out once.

    Args:
      items: item id of each column of the scores; columns with `None` (padding) are never
        recommended.
      users: whose histories are taken out of the candidates (a target that was seen stays).
      top_k: how many items to recommend.

    Raises:
      ValueError: `top_k` is less than 1.
    """

    def __init__(self, items: Sequence[str | None], users: Sequence[User], top_k: int) -> None:
        if top_k < 1:
            raise ValueError(f"top_k={top_k}: must be 1 or more")
        self._items = items
        column = {item: number for number, item in enumerate(items) if item is not None}
        self._targets = [None if user.target is None else column.get(user.target) for user in users]
        self._excluded = np.zeros((len(users), len(items)), bool)  # [user, item]
        self._excluded[:, [number for number, item in enumerate(items) if item is None]] = True
        for row, user in enumerate(users):
            seen = [column[item] for item in user.history if item in column]
            self._excluded[row, seen] = True
            if (target := self._targets[row]) is not None:
                self._excluded[row, target] = False
        self._counts = np.minimum(top_k, (~self._excluded).sum(axis=1))

    def rank(self, scores: NDArray[np.float32]) -> list[UserRecommendations]:
        """Return the best unseen items of each user, and the rank of the target.

        Args:
          scores: `[user, item]`, higher is better.

        Raises:
          ValueError: the shape does not fit.
        """
        if scores.shape != self._excluded.shape:
            raise ValueError(f"scores {list(scores.shape)}, expected {list(self._excluded.shape)}")
        candidates = np.where(self._excluded, np.float32(-np.inf), scores)
        return [self._recommend(user, row, scores[user]) for user, row in enumerate(candidates)]

    def _recommend(
        self, user: int, candidates: NDArray[np.float32], scores: NDArray[np.float32]
    ) -> UserRecommendations:
        count = int(self._counts[user])
        best = np.argpartition(-candidates, count - 1)[:count] if count else np.empty(0, np.intp)
        best = best[np.lexsort((best, -candidates[best]))]
        target = self._targets[user]
        rank = None if target is None else 1 + int((candidates > candidates[target]).sum())
        return UserRecommendations(
            items=[str(self._items[number]) for number in best],
            scores=scores[best].tolist(),
            target_rank=rank,
            target_score=None if target is None else float(scores[target]),
            seen_removed=True,
        )
