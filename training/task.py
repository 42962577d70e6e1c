"""The data of one training as its model wants it: histories, and for FeatureAttention the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from training.config import RunConfig
from training.datasets.domain import Domain
from training.models.feature_spec import FeatureSpec, item_tables, user_inputs
from training.preprocessing.features import FeatureEncoder, Features
from training.preprocessing.interactions import Interactions
from training.preprocessing.splitting import Split, leave_one_out

Asked = Literal["validation", "test"]


@dataclass(frozen=True, eq=False)
class Task:
    """What a model is trained on.

    Attributes:
      interactions: every user's items.
      split: what of it may be learned from.
      features: of items and users, for FeatureAttention; `None` for the others.
      domain: what things are called.
    """

    interactions: Interactions
    split: Split
    features: Features | None = None
    domain: Domain = field(default_factory=Domain)

    @classmethod
    def of(
        cls,
        interactions: Interactions,
        config: RunConfig,
        split: Split | None = None,
        features: Features | None = None,
        domain: Domain | None = None,
    ) -> Task:
        """Return the task of `config`; arguments as of `training.train.train`.

        Raises:
          ValueError: fewer users are wanted than `split` and `features` are of.
        """
        domain, most = domain or Domain(), config.fit.max_users
        if most is not None and most < len(interactions.sequences):
            if split is not None or features is not None:
                raise ValueError("max_users with split or features: take fewer users when loading")
            interactions = interactions.first_users(most)
        split = split or leave_one_out(interactions.sequences)
        if config.model.architecture != "feature_attention":
            return cls(interactions, split, None, domain)
        if features is None:
            features = FeatureEncoder.learn(interactions, split).encode(interactions)
        return cls(interactions, split, features, domain)

    @cached_property
    def spec(self) -> FeatureSpec | None:
        """Return the shape of the features."""
        return None if self.features is None else FeatureSpec.of(self.features)

    @cached_property
    def items(self) -> dict[str, np.ndarray] | None:
        """Return what the model knows of items, see `item_tables`."""
        return None if self.features is None else item_tables(self.features)

    def users(self, asked: Asked) -> dict[str, np.ndarray] | None:
        """Return inputs besides histories, for the users something is held out of.

        Args:
          asked: which of their items is to be predicted: what they say there is known.
        """
        if self.features is None:
            return None
        found = user_inputs(self.features, self.split.users)
        if self.features.texts:
            found["said"] = self._said(self.features.texts, asked)
        return found

    def _said(self, texts: list[np.ndarray], asked: Asked) -> np.ndarray:
        """Return what each user says at the held-out item, float32 `[user, channel]`."""
        histories = (
            self.split.validation_histories if asked == "validation" else self.split.test_histories
        )
        places = zip(self.split.users, histories, strict=True)
        return np.stack([texts[user][len(history)] for user, history in places])

    @property
    def learners(self) -> dict[str, np.ndarray]:
        """Return inputs besides histories of the users of `split.training_sequences`."""
        return {} if self.features is None else user_inputs(self.features, self._everyone)

    @property
    def said(self) -> list[np.ndarray] | None:
        """Return what those users said at each place, float32 `[place, channel]` a user."""
        if self.features is None or not self.features.texts:
            return None
        return [self.features.texts[user] for user in self._everyone]

    @property
    def _everyone(self) -> list[int]:
        return [*self.split.users, *self.split.other_users]
