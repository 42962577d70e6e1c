"""Numbers for values: those seen often enough in training, and one each for all others.

A vocabulary never grows after it was learned, and says nothing of values it has not seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

NONE, UNKNOWN, INFREQUENT = 0, 1, 2  # no value (padding too); not in training; rare there
_SPECIAL = ("", "(unknown)", "(infrequent)")


@dataclass(frozen=True)
class Vocabulary:
    """Numbers of values.

    Attributes:
      values: the frequent values, number 3 first: by falling count, then by name.
      rare: values that were seen less than `min_count` times; all have number 2.
    """

    values: tuple[str, ...]
    rare: frozenset[str] = frozenset()

    @classmethod
    def learn(cls, values: Iterable[str | None], min_count: int = 2) -> Vocabulary:
        """Return the vocabulary of `values`; `None` is no value."""
        counts = Counter(value for value in values if value is not None)
        ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
        return cls(
            tuple(value for value, count in ordered if count >= min_count),
            frozenset(value for value, count in ordered if count < min_count),
        )

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the name of every number: `""`, `(unknown)`, `(infrequent)`, then the values."""
        return (*_SPECIAL, *self.values)

    def encode(self, values: Iterable[str | None]) -> np.ndarray:
        """Return int32 `[value]`."""
        number = {value: place for place, value in enumerate(self.values, len(_SPECIAL))}
        number.update(dict.fromkeys(self.rare, INFREQUENT))
        return np.array(
            [NONE if value is None else number.get(value, UNKNOWN) for value in values], np.int32
        )

    def to_json(self) -> dict[str, list[str]]:
        """Return what `from_json` takes."""
        return {"values": list(self.values), "rare": sorted(self.rare)}

    @classmethod
    def from_json(cls, data: dict[str, list[str]]) -> Vocabulary:
        """Return the vocabulary that `to_json` was called on."""
        return cls(tuple(data["values"]), frozenset(data["rare"]))


@dataclass(frozen=True)
class Bands:
    """Numbers for ranges of a number, with about as many training values each.

    Attributes:
      edges: ascending inner borders; a value on a border is in the upper band.
    """

    edges: tuple[float, ...]

    @classmethod
    def learn(cls, values: np.ndarray, count: int = 8) -> Bands:
        """Return at most `count` bands of `values` `[row]`; missing values are ignored."""
        known = values[np.isfinite(values)]
        if not len(known):
            return cls(())
        inner = np.quantile(known, np.arange(1, count) / count)
        return cls(tuple(float(edge) for edge in np.unique(inner) if edge > known.min()))

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the name of every number, as `Vocabulary.labels`: bands from number 3 on."""
        if not self.edges:
            return (*_SPECIAL, "any")
        texts = [f"{edge:.4g}" for edge in self.edges]
        middle = [f"{low} to {high}" for low, high in pairwise(texts)]
        return (*_SPECIAL, f"under {texts[0]}", *middle, f"from {texts[-1]}")

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Return int32 `[value]`; 0 where a value is missing."""
        bands = np.searchsorted(np.array(self.edges), values, side="right") + len(_SPECIAL)
        return np.where(np.isfinite(values), bands, NONE).astype(np.int32)
