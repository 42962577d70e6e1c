"""The cohort's recommendations from a matrix of scores, with seen items taken out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn.capture.cohort import User
from tensorboard_plugin_attn.logging import UserRecommendations


def top_recommendations(
    scores: NDArray[np.float32], items: Sequence[str | None], users: Sequence[User], top_k: int
) -> list[UserRecommendations]:
    """Return the `top_k` best unseen items of each user, and the rank of the target.

    Args:
      scores: `[user, item]`, higher is better.
      items: item id of each column; columns with `None` (padding) are never recommended.
      users: whose histories are taken out of the candidates.
      top_k: how many to return.

    Raises:
      ValueError: the shapes do not fit.
    """
    if scores.shape != (len(users), len(items)):
        raise ValueError(f"scores {list(scores.shape)}, expected [{len(users)}, {len(items)}]")
    column = {item: number for number, item in enumerate(items) if item is not None}
    never = [number for number, item in enumerate(items) if item is None]
    return [
        _recommend(scores[row], items, column, never, user, top_k) for row, user in enumerate(users)
    ]


def _recommend(
    scores: NDArray[np.float32],
    items: Sequence[str | None],
    column: dict[str, int],
    never: list[int],
    user: User,
    top_k: int,
) -> UserRecommendations:
    candidates = np.array(scores, np.float32)
    target = column.get(user.target) if user.target is not None else None
    seen = [column[item] for item in user.history if item in column and item != user.target]
    candidates[never + seen] = -np.inf
    count = min(top_k, int(np.isfinite(candidates).sum()))
    best = np.argpartition(-candidates, count - 1)[:count] if count else np.empty(0, np.int64)
    best = best[np.lexsort((best, -candidates[best]))]
    return UserRecommendations(
        items=[str(items[number]) for number in best],
        scores=[float(scores[number]) for number in best],
        target_rank=None if target is None else 1 + int((candidates > candidates[target]).sum()),
        target_score=None if target is None else float(scores[target]),
        seen_removed=True,
    )
