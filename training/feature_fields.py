"""Attributes of items and users as codes for FeatureAttention: categories, or bands of numbers.

The vocabulary is of the items and users that are there; what is rare or missing is code 0. It
writes nothing and names nobody.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from training.models.feature_attention import FeatureSpec
from training.preprocessing.interactions import Interactions

MAX_CATEGORIES = 64
BANDS = 10
_NUMERIC_SHARE = 0.9  # of values that must be numbers for a field to be one
_NUMBER = re.compile(r"^[^\d\-.]{0,3}\s*(-?\d+(?:\.\d+)?)$")  # with a currency sign before it


@dataclass(frozen=True, eq=False)
class Features:
    """What FeatureAttention is given besides histories.

    Attributes:
      item_codes: `[item]` by field.
      user_codes: `[user]` by field.
      neighbours: `[user, neighbour]`: 1 + the number of the user who is one; 0: nobody.
    """

    item_codes: Mapping[str, np.ndarray] = field(default_factory=dict)
    user_codes: Mapping[str, np.ndarray] = field(default_factory=dict)
    neighbours: np.ndarray | None = None

    @property
    def spec(self) -> FeatureSpec:
        """Return the shape of it."""
        none = self.neighbours is None or not self.neighbours.size
        return FeatureSpec(
            {name: int(codes.max(initial=0)) + 1 for name, codes in self.item_codes.items()},
            {name: int(codes.max(initial=0)) + 1 for name, codes in self.user_codes.items()},
            0 if none else self.neighbours.shape[1],
            0 if none else len(self.neighbours) + 1,
        )

    def of_users(self, users: Sequence[int]) -> dict[str, np.ndarray]:
        """Return the model's inputs besides histories for `users`, by name."""
        rows = np.asarray(users, np.int64)
        found = {name: codes[rows] for name, codes in self.user_codes.items()}
        if self.spec.neighbours:
            found["neighbours"] = self.neighbours[rows]
        return found


def features_of(interactions: Interactions, neighbours: np.ndarray | None = None) -> Features:
    """Return the features of `interactions`: every attribute its items and users have.

    Args:
      interactions: whose attributes.
      neighbours: see `Features`.
    """
    return Features(
        _codes(interactions.item_attributes), _codes(interactions.user_attributes), neighbours
    )


def _codes(attributes: Sequence[Mapping[str, str]]) -> dict[str, np.ndarray]:
    names = sorted({name for each in attributes for name in each})
    return {name: _coded([each.get(name, "") for each in attributes]) for name in names}


def _coded(values: Sequence[str]) -> np.ndarray:
    """Return int32 codes of `values`: bands if they are numbers, else the most frequent ones."""
    there = [value for value in values if value]
    parsed = [_NUMBER.match(value) for value in values]
    numbers = np.array([float(match[1]) if match else np.nan for match in parsed])
    if there and np.isfinite(numbers).sum() >= _NUMERIC_SHARE * len(there):
        edges = np.unique(np.nanquantile(numbers, np.linspace(0, 1, BANDS + 1)[1:-1]))
        codes = 1 + np.searchsorted(edges, np.nan_to_num(numbers), "right")
        return np.where(np.isfinite(numbers), codes, 0).astype(np.int32)
    common = [value for value, _ in Counter(there).most_common(MAX_CATEGORIES)]
    code = {value: number for number, value in enumerate(common, start=1)}
    return np.array([code.get(value, 0) for value in values], np.int32)
