"""When to log, as an object apart from what is logged: `every_steps(10) | every_epochs()`.

A schedule is asked about the stretch since it was asked last, so that no point is missed when one
batch event stands for several steps. It knows neither clock nor cost: what logging may cost is
`max_overhead`'s business.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Schedule", "at_steps", "every_epochs", "every_step", "every_steps", "log_spaced"]

_ROUNDING = 1e-9  # of epochs: 3 batches of a third are one epoch


class When(Protocol):
    """A point of a training.

    Attributes:
      step: training steps done.
      epoch: epochs done, with their fraction; `None` where there are no epochs.
    """

    @property
    def step(self) -> int: ...

    @property
    def epoch(self) -> float | None: ...


@dataclass(frozen=True)
class Schedule:
    """Points of a training at which something is done; `a | b` is due when either is.

    Schedules are values: equal when they say the same, hashable, and their `repr` makes them again.
    """

    def due(self, previous: When | None, now: When) -> bool:
        """Tell whether a point of the schedule lies after `previous` and not after `now`.

        Args:
          previous: what was asked about last; `None` at the start, which is always due.
          now: the point that is reached.
        """
        return previous is None or self._passed(previous, now)

    def _passed(self, previous: When, now: When) -> bool:
        raise NotImplementedError("take a schedule such as every_step() instead")

    def __or__(self, other: Schedule) -> Schedule:
        return _Union(self, other)


@dataclass(frozen=True, repr=False)
class _EverySteps(Schedule):
    steps: int

    def _passed(self, previous: When, now: When) -> bool:
        return now.step // self.steps > previous.step // self.steps

    def __repr__(self) -> str:
        return "every_step()" if self.steps == 1 else f"every_steps({self.steps})"


@dataclass(frozen=True, repr=False)
class _EveryEpochs(Schedule):
    epochs: float

    def _passed(self, previous: When, now: When) -> bool:
        if previous.epoch is None or now.epoch is None:
            return False
        return self._count(now.epoch) > self._count(previous.epoch)

    def _count(self, epoch: float) -> int:
        return math.floor(epoch / self.epochs + _ROUNDING)

    def __repr__(self) -> str:
        return f"every_epochs({self.epochs:g})"


@dataclass(frozen=True, repr=False)
class _LogSpaced(Schedule):
    per_decade: int

    def _passed(self, previous: When, now: When) -> bool:
        return self._count(now.step) > self._count(previous.step)

    def _count(self, step: int) -> int:
        """Return how many powers `10 ** (k / per_decade)`, rounded to steps, are reached."""
        return math.floor(self.per_decade * math.log10(step + 0.5))

    def __repr__(self) -> str:
        return f"log_spaced({self.per_decade})"


@dataclass(frozen=True, repr=False)
class _AtSteps(Schedule):
    steps: tuple[int, ...]

    def _passed(self, previous: When, now: When) -> bool:
        return bisect_right(self.steps, now.step) > bisect_right(self.steps, previous.step)

    def __repr__(self) -> str:
        return f"at_steps({list(self.steps)})"


@dataclass(frozen=True, repr=False)
class _Union(Schedule):
    first: Schedule
    second: Schedule

    def _passed(self, previous: When, now: When) -> bool:
        return self.first.due(previous, now) or self.second.due(previous, now)

    def __repr__(self) -> str:
        return f"{self.first!r} | {self.second!r}"


def every_step() -> Schedule:
    """Return a schedule of all steps."""
    return _EverySteps(1)


def every_steps(steps: int) -> Schedule:
    """Return a schedule of the multiples of `steps`.

    Raises:
      ValueError: `steps` is less than 1.
    """
    if steps < 1:
        raise ValueError(f"every_steps({steps}): must be 1 or more")
    return _EverySteps(int(steps))


def every_epochs(epochs: float = 1) -> Schedule:
    """Return a schedule of the ends of each `epochs` epochs; 0.5 is twice an epoch.

    Raises:
      ValueError: `epochs` is not more than 0.
    """
    if not 0 < epochs < math.inf:
        raise ValueError(f"every_epochs({epochs}): must be more than 0")
    return _EveryEpochs(epochs)


def log_spaced(per_decade: int = 10) -> Schedule:
    """Return a schedule dense early and sparse late: `per_decade` points from each 10ⁿ to 10ⁿ⁺¹.

    Points that fall on one step are one: with 10 a decade, steps 1, 2, 3, 4, 5, 6, 8, 10, 13, 16…

    Raises:
      ValueError: `per_decade` is less than 1.
    """
    if per_decade < 1:
        raise ValueError(f"log_spaced({per_decade}): must be 1 or more")
    return _LogSpaced(int(per_decade))


def at_steps(steps: Iterable[int]) -> Schedule:
    """Return a schedule of these steps.

    Raises:
      ValueError: there are none, or one is negative.
    """
    chosen = tuple(sorted({int(step) for step in steps}))
    if not chosen or chosen[0] < 0:
        raise ValueError(f"at_steps({list(chosen)}): give steps from 0 on")
    return _AtSteps(chosen)
