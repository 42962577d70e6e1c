"""What FeatureAttention attends to besides the history: shapes, inputs, and names of its keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from training.datasets.domain import PLAIN, Words
from training.preprocessing.features import Features

LARGEST = 5.0  # scaled numbers beyond are cut: one outlier must not drown the other keys


@dataclass(frozen=True)
class FeatureSpec:
    """What there is besides the history.

    Attributes:
      item_fields: number of codes of each attribute of items, 0 (unknown) included.
      user_fields: likewise of users.
      neighbours: how many social neighbours are looked at.
      people: number of persons who may be neighbours, 0 (nobody) included.
      item_text: length of an item's text vector; 0: there are none.
      item_numbers: names of the items' scaled numbers, which are one key together.
      user_numbers: likewise of users.
      said: length of the vector of what the user says now; 0: users say nothing.
    """

    item_fields: Mapping[str, int] = field(default_factory=dict)
    user_fields: Mapping[str, int] = field(default_factory=dict)
    neighbours: int = 0
    people: int = 0
    item_text: int = 0
    item_numbers: tuple[str, ...] = ()
    user_numbers: tuple[str, ...] = ()
    said: int = 0

    def __post_init__(self) -> None:
        """Make tuples of the lists that JSON has."""
        for name in ("item_numbers", "user_numbers"):
            object.__setattr__(self, name, tuple(getattr(self, name)))

    @classmethod
    def of(cls, features: Features) -> FeatureSpec:
        """Return the shape of `features`."""
        known, said = features.neighbours, features.texts
        return cls(
            {name: len(labels) for name, labels in features.item_labels.items()},
            {name: len(labels) for name, labels in features.user_labels.items()},
            0 if known is None else known.shape[1],
            0 if known is None else len(known) + 1,
            0 if features.item_text is None else features.item_text.shape[1],
            tuple(_number_names(features.item_dense_names)),
            tuple(_number_names(features.user_dense_names)),
            said[0].shape[1] if said else 0,
        )

    @property
    def shared_keys(self) -> int:
        """Return how many keys all candidates share, besides the history."""
        return len(self.user_fields) + bool(self.user_numbers) + bool(self.said) + self.neighbours

    @property
    def own_keys(self) -> int:
        """Return how many keys each candidate has of its own."""
        return len(self.item_fields) + bool(self.item_text) + bool(self.item_numbers)


def user_inputs(features: Features, users: Sequence[int]) -> dict[str, np.ndarray]:
    """Return what the model is given of `users` besides histories, by name."""
    rows = np.asarray(users, np.int64)
    found = {name: codes[rows] for name, codes in features.user_fields.items()}
    if features.neighbours is not None and features.neighbours.shape[1]:
        found["neighbours"] = features.neighbours[rows]
    numbers = _numbers(features.user_dense, features.user_dense_names)
    if numbers is not None:
        found["user_numbers"] = numbers[rows]
    return found


def item_tables(features: Features) -> dict[str, np.ndarray]:
    """Return what the model knows of items: codes, and vectors `item_text` and `item_numbers`."""
    found = dict(features.item_fields)
    if features.item_text is not None:
        found["item_text"] = features.item_text
    numbers = _numbers(features.item_dense, features.item_dense_names)
    if numbers is not None:
        found["item_numbers"] = numbers
    return found


def key_names(history_length: int, spec: FeatureSpec, words: Words = PLAIN) -> list[str]:
    """Return what each key is, in the model's order.

    History oldest first, users' fields and numbers, what is said now, neighbours; then what is the
    candidate's own: its fields, text and numbers.
    """
    return [
        *(f"history {place - history_length}" for place in range(history_length)),
        *feature_names(spec, words),
    ]


def feature_names(spec: FeatureSpec, words: Words = PLAIN) -> list[str]:
    """Return `key_names` without the history."""

    def scaled(names: Sequence[str]) -> str:
        return f"{', '.join(names)}, scaled"  # a field's word may be that of its bands

    return [
        *(f"{words.user}: {words.field_name(name)}" for name in spec.user_fields),
        *([f"{words.user}: {scaled(spec.user_numbers)}"] if spec.user_numbers else []),
        *([f"this {words.interaction}: text"] if spec.said else []),
        *(f"{words.neighbour} {number + 1}" for number in range(spec.neighbours)),
        *(f"{words.item}: {words.field_name(name)}" for name in spec.item_fields),
        *([f"{words.item}: text"] if spec.item_text else []),
        *([f"{words.item}: {scaled(spec.item_numbers)}"] if spec.item_numbers else []),
    ]


def _number_names(names: Sequence[str]) -> list[str]:
    """Return the columns that are numbers; categories, `name=value`, are fields of their own."""
    return [name for name in names if "=" not in name]


def _numbers(dense: np.ndarray | None, names: Sequence[str]) -> np.ndarray | None:
    """Return the columns of `dense [row, column]` that are numbers, cut to ±`LARGEST`."""
    columns = [place for place, name in enumerate(names) if "=" not in name]
    if dense is None or not columns:
        return None
    return np.clip(dense[:, columns], -LARGEST, LARGEST).astype(np.float32)
