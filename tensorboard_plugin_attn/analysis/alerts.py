"""Heads that stopped doing anything of use, told from their measures step by step.

The rules and numbers are those of the tab, `frontend/src/analysis/alerts.ts`: a test compares them,
and docs/glossary.md explains them. The tab judges one user as of its cursor; here a training is
judged as it goes, so an alert that began lasts until it is clearly over, and is told twice at most:
when it begins and when it ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Limits:
    """When a head is called what; `even` is the entropy of even attention, in bits.

    Attributes:
      collapsed_bits: collapsed below this entropy. Where `even` is not over twice of it, there are
        too few keys to tell anything.
      uniform_share: uniform from this share of `even` on.
      dead_share: uniform and dead up to this share of the importance of the layer's best head.
      sink_share: a sink above this share of attention on the first key.
      duplicate_similarity: duplicate above this similarity to another head.
      sudden_share: a sudden change if entropy moved by more than this share of `even` from one
        logged step to the next.
      most_of_steps: share of the recent steps at which it must hold (a sudden change: once).
      recent_share, fewest_steps, most_steps: how many of the logged steps are recent.
    """

    collapsed_bits: float = 0.1
    uniform_share: float = 0.98
    dead_share: float = 0.01
    sink_share: float = 0.8
    duplicate_similarity: float = 0.98
    sudden_share: float = 0.25
    most_of_steps: float = 0.8
    recent_share: float = 0.2
    fewest_steps: int = 5
    most_steps: int = 50


LIMITS = Limits()
ENDS_BELOW = 0.5  # share of recent steps at which an alert that began ends: no flicker around 0.8

# In this order they are told. Heads that are uniform, dead or sinks are not called duplicates of
# each other as well: it says nothing more.
KINDS = ("collapsed", "uniform", "dead", "sink", "duplicate", "sudden")
_COLLAPSED, _SUDDEN = KINDS.index("collapsed"), KINDS.index("sudden")


@dataclass(frozen=True)
class Reading:
    """Means over the cohort at one logged step.

    Attributes:
      entropy_bits, sink_share: `[head]`.
      head_similarity, importance: `[head]`, NaN where they are not known.
      even_bits: entropy of even attention over the same queries and keys.
    """

    entropy_bits: Floats
    sink_share: Floats
    head_similarity: Floats
    importance: Floats
    even_bits: float


@dataclass(frozen=True)
class Change:
    """An alert that began, or ended.

    Attributes:
      kind: one of `KINDS`.
      value: mean of what the rule looks at over the recent steps; the largest move if sudden.
      steps: how many recent steps were looked at.
    """

    head: int
    kind: str
    began: bool
    value: float
    steps: int


@lru_cache(maxsize=1024)  # asked for every user at every step
def uniform_bits(queries: int, keys: int, *, causal: bool) -> float:
    """Return the entropy in bits of even attention, averaged over queries."""
    if not causal:
        return float(np.log2(keys))
    first = keys - queries + 1  # keys of the first query
    return float(np.log2(np.clip(np.arange(queries) + first, 1, keys)).mean())


class AlertTracker:
    """Follows the heads of one layer.

    Args:
      head_count: heads of the layer, the same in every reading.
    """

    def __init__(self, head_count: int) -> None:
        shape = (len(KINDS), head_count)
        self._seen = 0
        self._importance = np.full(head_count, np.nan, np.float32)  # as last known
        self._holds = _Window(LIMITS.most_steps, shape)
        self._values = _Window(LIMITS.most_steps, shape)  # what the rule of each kind looks at
        self._active = np.zeros(shape, bool)  # [kind, head]

    def active(self) -> list[tuple[int, str]]:
        """Return `(head, kind)` of what is wrong now, by head."""
        return [(int(head), KINDS[kind]) for head, kind in np.argwhere(self._active.T)]

    def observe(self, reading: Reading) -> list[Change]:
        """Take in a logged step; return which alerts began and ended with it."""
        self._remember(reading)
        steps = recent_steps(self._seen)
        share = self._holds.last(steps).mean(axis=0)  # [kind, head]
        before = self._active
        now = (share >= LIMITS.most_of_steps) | (before & (share >= ENDS_BELOW))
        if self._seen < LIMITS.fewest_steps:
            now[:] = False  # so few steps say nothing of a training
        now[_SUDDEN] = share[_SUDDEN] > 0
        self._active = now
        return [
            Change(
                int(head), KINDS[kind], bool(now[kind, head]), self._value(kind, head, steps), steps
            )
            for head, kind in np.argwhere((now != before).T)
        ]

    def _remember(self, reading: Reading) -> None:
        known = np.isfinite(reading.importance)
        self._importance[known] = reading.importance[known]
        moved = np.zeros_like(reading.entropy_bits)
        if self._seen:
            moved = np.abs(reading.entropy_bits - self._values.last(1)[0, _COLLAPSED])
        self._seen += 1
        self._holds.add(what_holds(reading, moved, self._importance))
        entropy, sink, alike = reading.entropy_bits, reading.sink_share, reading.head_similarity
        self._values.add(np.stack([entropy, entropy, entropy, sink, alike, moved]))

    def _value(self, kind: int, head: int, steps: int) -> float:
        values = self._values.last(steps)[:, kind, head]
        return float(values.max() if kind == _SUDDEN else values.mean())


def recent_steps(seen: int) -> int:
    """Return how many of `seen` logged steps are recent."""
    wanted = max(LIMITS.fewest_steps, int(np.ceil(seen * LIMITS.recent_share)))
    return min(seen, LIMITS.most_steps, wanted)


def what_holds(reading: Reading, moved: Floats, importance: Floats) -> Bools:
    """Return whether each kind holds at this step, `[kind, head]`.

    Args:
      reading: the step.
      moved: by how many bits entropy moved since the step before, `[head]`.
      importance: as last known, `[head]`, NaN where it never was.
    """
    even = reading.even_bits
    if even <= 2 * LIMITS.collapsed_bits:
        return np.zeros((len(KINDS), len(moved)), bool)
    uniform = reading.entropy_bits >= LIMITS.uniform_share * even
    dead = uniform & (importance <= LIMITS.dead_share * np.fmax.reduce(importance))
    sink = reading.sink_share > LIMITS.sink_share
    alike = reading.head_similarity > LIMITS.duplicate_similarity
    return np.stack(
        [
            reading.entropy_bits < LIMITS.collapsed_bits,
            uniform & ~dead,
            dead,
            sink,
            alike & ~uniform & ~sink,
            moved > LIMITS.sudden_share * even,
        ]
    )


class _Window:
    """The latest rows, stored twice so that any number of them is one slice."""

    def __init__(self, size: int, shape: tuple[int, int]) -> None:
        self._rows = np.zeros((2 * size, *shape), np.float32)
        self._size = size
        self._next = 0

    def add(self, row: NDArray[np.generic]) -> None:
        self._rows[self._next] = self._rows[self._next + self._size] = row
        self._next = (self._next + 1) % self._size

    def last(self, count: int) -> Floats:
        """Return the latest `count` rows, oldest first."""
        end = self._next + self._size
        return self._rows[end - count : end]
