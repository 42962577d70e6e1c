"""Runs contenders in turn, A B C A B C, so that whatever else the machine does hits them all.

A figure here is always a measured one: medians with their range, nothing subtracted, and ratios
taken within a round before the median, because only neighbours in time are comparable.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Clock = Callable[[], float]


@dataclass(frozen=True)
class Contender:
    """One way of doing the work.

    Attributes:
      name: how it is called in tables and results.
      once: does the work once and returns what it cost, in the benchmark's unit.
    """

    name: str
    once: Callable[[], float]


@dataclass(frozen=True)
class Spread:
    """Median and range of repeated measurements."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the spread of `values`, at least one."""
        return cls(statistics.median(values), min(values), max(values))

    def as_json(self) -> dict[str, float]:
        """Return it with four significant digits: more would be noise."""
        return {
            "median": significant(self.median),
            "min": significant(self.low),
            "max": significant(self.high),
        }


def significant(value: float) -> float:
    """Return `value` with four significant digits."""
    return float(f"{value:.4g}")


def interleave(
    contenders: Sequence[Contender], runs: int, warm_ups: int = 1
) -> dict[str, list[float]]:
    """Return what each contender cost in each round, rounds in the same order for all.

    Args:
      contenders: with distinct names; each runs once per round, in this order.
      runs: rounds that count.
      warm_ups: rounds before them that do not.

    Raises:
      ValueError: two contenders of one name, or no round.
    """
    names = [contender.name for contender in contenders]
    if len(set(names)) != len(names):
        raise ValueError(f"contenders need distinct names: {names}")
    if runs < 1:
        raise ValueError(f"runs={runs}: at least one round must count")
    costs: dict[str, list[float]] = {name: [] for name in names}
    for number in range(warm_ups + runs):
        for contender in contenders:
            cost = contender.once()
            if number >= warm_ups:
                costs[contender.name].append(cost)
    return costs


def paired_ratio(costs: Sequence[float], reference: Sequence[float]) -> Spread:
    """Return the spread of `costs / reference`, taken round by round."""
    return Spread.of([cost / other for cost, other in zip(costs, reference, strict=True)])


def seconds(work: Callable[[], object], clock: Clock = time.perf_counter) -> Callable[[], float]:
    """Return a function that does `work` once and returns how long it took."""

    def once() -> float:
        began = clock()
        work()
        return clock() - began

    return once


def ratios(costs: Mapping[str, Sequence[float]], reference: str) -> dict[str, Spread]:
    """Return every contender's cost as a multiple of `reference`'s."""
    return {name: paired_ratio(values, costs[reference]) for name, values in costs.items()}
