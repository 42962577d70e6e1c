"""Does a portable model answer as the model it was made of? Asked once, of the first.

A description that is wrong in one word (another activation, a missing scale) gives scores that look
like scores. What the tab would say of them would be about a model that does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn.capture.cohort import User
from tensorboard_plugin_attn.portable.description import Description
from tensorboard_plugin_attn.portable.edits import Edit
from tensorboard_plugin_attn.portable.feature_description import FeatureDescription
from tensorboard_plugin_attn.portable.feature_model import FeatureModel, UserFeatureModel
from tensorboard_plugin_attn.portable.sequence_model import SequenceModel

Floats = NDArray[np.float32]

MOST_DIFFERENCE = 0.02  # of the spread of scores: bfloat16 stays below, another model does not


def difference(
    description: Description | FeatureDescription,
    tensors: Mapping[str, Floats],
    items: Sequence[str | None],
    users: Sequence[User],
    scores: Floats,
) -> float:
    """Return how far replayed scores are from `scores`, as a share of their spread.

    Args:
      description: what the portable model is.
      tensors: its weights.
      items: item id of each column of `scores`.
      users: whose histories the scores are of.
      scores: the framework's, `[user, item]`.

    Raises:
      ValueError: no user's history can be replayed.
    """
    number = {item: column for column, item in enumerate(items) if item is not None}
    for place, (user, row) in enumerate(zip(users, scores, strict=True)):
        history = [number[item] for item in user.history if item in number]
        if history and len(history) == len(user.history):
            model = _model(description, tensors, place)
            replayed = model.predict(history, [Edit()])[0, 1:]
            spread = float(np.ptp(row[1:])) or 1.0
            return float(np.abs(replayed - row[1:]).max()) / spread
    raise ValueError("no user of the cohort has a history of items that are scored")


def _model(
    description: Description | FeatureDescription, tensors: Mapping[str, Floats], user: int
) -> SequenceModel | UserFeatureModel:
    if isinstance(description, FeatureDescription):
        return FeatureModel(description, tensors).of_user(user)
    return SequenceModel(description, tensors)
