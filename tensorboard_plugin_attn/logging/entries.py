"""What waits in the writer's queue: a layer's attention, or a step's recommendations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn.logging.cost import Cost
from tensorboard_plugin_attn.logging.frames import LayerDescription

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Moment:
    """When an entry was captured."""

    step: int
    epoch: float | None
    wall_time_s: float


@dataclass(frozen=True)
class UserRecommendations:
    """What the model would recommend to one user.

    Attributes:
      items: item ids, best first.
      scores: the model's own scores of `items`, before any softmax.
      target_rank: rank of the user's target among all candidates, 1 = best.
      target_score: the target's score.
      seen_removed: whether items of the history were taken out of the candidates.
    """

    items: Sequence[str]
    scores: Sequence[float]
    target_rank: int | None = None
    target_score: float | None = None
    seen_removed: bool = True


@dataclass(frozen=True)
class AttentionEntry:
    """Attention of all cohort users in one layer, cropped, the writer's own copy."""

    layer: LayerDescription
    users: tuple[Floats, ...]  # each [head, query, key]
    moment: Moment
    cost: Cost | None = None  # of logging so far, where it is measured

    @property
    def size_bytes(self) -> int:
        """Return the memory the arrays hold."""
        return sum(user.nbytes for user in self.users)


@dataclass(frozen=True)
class RecommendationsEntry:
    """Recommendations of all cohort users at one step."""

    users: tuple[UserRecommendations, ...]
    moment: Moment

    @property
    def size_bytes(self) -> int:
        """Return roughly what the lists hold."""
        return sum(16 * len(user.items) for user in self.users)


Entry = AttentionEntry | RecommendationsEntry
