"""What waits in the writer's queue: attention of a layer, recommendations, a portable model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn.logging.arguments import Names
from tensorboard_plugin_attn.logging.cost import Cost
from tensorboard_plugin_attn.logging.frames import LayerDescription
from tensorboard_plugin_attn.logging.shortened import Shortened

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
    # Each [head, query, key]; `None`: not in this frame.
    users: tuple[Floats | Shortened | None, ...]
    moment: Moment
    cost: Cost | None = None  # of logging so far, where it is measured
    queries: tuple[Names | None, ...] = ()  # labels per user; `None`: the user's own axis
    keys: tuple[Names | None, ...] = ()
    importance: Floats | None = None  # [user, head]; rows of NaN are not known

    @property
    def size_bytes(self) -> int:
        """Return the memory the arrays hold."""
        labels = {id(names): len(names) for names in self.queries + self.keys if names}
        arrays = sum(user.nbytes for user in self.users if user is not None)
        return arrays + 64 * sum(labels.values())


@dataclass(frozen=True)
class RecommendationsEntry:
    """Recommendations of all cohort users at one step."""

    users: tuple[UserRecommendations, ...]
    moment: Moment

    @property
    def size_bytes(self) -> int:
        """Return roughly what the lists hold."""
        return sum(16 * len(user.items) for user in self.users)


@dataclass(frozen=True)
class ModelEntry:
    """A portable model of one step: description and weights, serialised, the writer's own copy."""

    description: bytes
    weights: bytes
    vocabulary: tuple[str, ...]  # item id of the model's items 1, 2, 3...
    moment: Moment
    is_last: bool = False  # of a training: written whatever the budget says

    @property
    def size_bytes(self) -> int:
        """Return the memory the weights hold."""
        return len(self.description) + len(self.weights)


Entry = AttentionEntry | RecommendationsEntry | ModelEntry
