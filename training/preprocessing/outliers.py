"""Fences around ordinary values, learned from training rows by statistics outliers cannot move.

Means and standard deviations are not used: one wrong quantity of 80 000 moves them so far that it
looks ordinary. Fences never decide about validation and test rows, see `preparation`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_MAD_TO_DEVIATION = 1.4826  # of a normal distribution
_MEAN_TO_DEVIATION = 1.2533  # the same for the mean absolute deviation


@dataclass(frozen=True)
class Fence:
    """Where a column's ordinary values end.

    Attributes:
      column: a numeric column of the interactions.
      limit: how far from the middle is still ordinary, in the method's own unit.
      logarithm: look at `log1p` of the values: for counts and prices, which have long tails.
    """

    column: str
    limit: float
    logarithm: bool = False

    def bounds(self, values: np.ndarray) -> tuple[float, float]:
        """Return the lowest and highest ordinary value, learned from `values` `[row]`.

        Missing values are ignored. Without any spread there is no fence: bounds are infinite.
        """
        known = values[np.isfinite(values)]
        if self.logarithm:
            known = np.log1p(known[known > -1])
        if not len(known):
            return -np.inf, np.inf
        low, high = self._limits(known)
        if not low < high:
            return -np.inf, np.inf
        return (float(np.expm1(low)), float(np.expm1(high))) if self.logarithm else (low, high)

    def describe(self, low: float, high: float) -> str:
        """Return what the fence says, for the report."""
        return f"{self.column} is not between {low:.4g} and {high:.4g} ({self._method()})"

    def _limits(self, known: np.ndarray) -> tuple[float, float]:
        raise NotImplementedError

    def _method(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True)
class RobustZScore(Fence):
    """`limit` robust standard deviations around the median (Iglewicz & Hoaglin 1993).

    The deviation is 1.4826 times the median absolute deviation; if more than half of the values
    are equal that is 0, and 1.2533 times the mean absolute deviation takes its place.
    """

    limit: float = 6.0

    def _limits(self, known: np.ndarray) -> tuple[float, float]:
        middle = float(np.median(known))
        distances = np.abs(known - middle)
        spread = _MAD_TO_DEVIATION * float(np.median(distances))
        spread = spread or _MEAN_TO_DEVIATION * float(np.mean(distances))
        return middle - self.limit * spread, middle + self.limit * spread

    def _method(self) -> str:
        return f"robust z-score over {self.limit:g}"


@dataclass(frozen=True)
class InterquartileRange(Fence):
    """`limit` interquartile ranges below the first and above the third quartile (Tukey 1977)."""

    limit: float = 3.0

    def _limits(self, known: np.ndarray) -> tuple[float, float]:
        first, third = (float(value) for value in np.quantile(known, [0.25, 0.75]))
        spread = third - first
        return first - self.limit * spread, third + self.limit * spread

    def _method(self) -> str:
        return f"over {self.limit:g} interquartile ranges away"
