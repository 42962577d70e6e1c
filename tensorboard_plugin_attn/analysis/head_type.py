"""What a head does, as one word with the score it rests on: a label to sort by, no explanation.

Patterns are those that recommenders learn (TransformerLens scores heads against templates in the
same way). The browser's twin, for the frame on screen, is `frontend/src/analysis/head_type.ts`;
both read one golden file.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn.analysis.divergence import row_entropy_bits

Array = NDArray[np.floating[Any]]
Doubles = NDArray[np.float64]

# From which score a head is called what.
UNIFORM = 0.98
SINGLE = 0.4
RECENT = 0.6
CATEGORY = 0.4
CATEGORY_LIFT = 1.5  # and that many times what even attention has

RECENT_ITEMS = 3
LEAST_KEYS = 4  # queries with fewer keys say little: their attention has nowhere else to go


@dataclass(frozen=True)
class Scores:
    """Mean attention of one head's queries on certain keys; `None` where that has no meaning.

    Attributes:
      self: on the query's own item.
      previous: on the item before.
      near: on items at most one place away, the own one included: how diagonal the picture is.
      recent: on the own item and the two before.
      first: on the first key.
      evenness: entropy, as a share of what even attention has.
      same_category: on other items of the query's category.
      even_category: the same, if attention were even: what `same_category` is by chance.
    """

    self: float | None
    previous: float | None
    near: float | None
    recent: float | None
    first: float
    evenness: float
    same_category: float | None
    even_category: float | None


@dataclass(frozen=True)
class Geometry:
    """What the cells of one user's attention stand for.

    Attributes:
      position: the key that query 0 stands at, or `None` if queries are no keys.
      triangle: whether keys after the query are not applicable.
      query_categories: categories of each query's item, or `None` if not known.
      key_categories: the same of each key's item.
    """

    position: int | None = 0
    triangle: bool = False
    query_categories: Sequence[Collection[str]] | None = None
    key_categories: Sequence[Collection[str]] | None = None


def scores_of(attention: Array, geometry: Geometry) -> list[Scores]:
    """Return the scores of every head of `attention [head, query, key]`."""
    _, queries, keys = attention.shape
    applicable = np.ones((queries, keys), bool)
    if geometry.triangle:
        applicable = np.tril(applicable)
    key_counts = applicable.sum(axis=1)
    rows = key_counts >= LEAST_KEYS
    if not rows.any():
        rows[:] = True
    cells = np.where(applicable, attention, 0.0).astype(np.float64)[:, rows]  # [head, row, key]
    counts = key_counts[rows]
    on = _Masks(np.flatnonzero(rows), keys, geometry)

    def mean(mask: NDArray[np.bool_] | None) -> Sequence[float | None]:
        if mask is None:
            return [None] * len(cells)
        return [float(value) for value in np.einsum("hqk,qk->h", cells, mask) / len(counts)]

    most = np.log2(np.maximum(counts, 1)).sum()
    bits = row_entropy_bits(cells).sum(axis=1)
    evenness = np.minimum(1.0, bits / most) if most > 0 else np.zeros(len(cells))
    same = on.same_category()
    even = None
    if same is not None:
        even = float(((same & applicable[rows]).sum(axis=1) / counts).mean())
    first = np.zeros((len(counts), keys), bool)
    first[:, 0] = True
    names = ("self", "previous", "near", "recent", "first", "same_category")
    masks = (on.back(0), on.back(1), on.back(-1, 0, 1), on.back(*range(RECENT_ITEMS)), first, same)
    columns = dict(zip(names, map(mean, masks), strict=True))
    return [
        Scores(
            self=columns["self"][head],
            previous=columns["previous"][head],
            near=columns["near"][head],
            recent=columns["recent"][head],
            first=columns["first"][head] or 0.0,
            evenness=float(evenness[head]),
            same_category=columns["same_category"][head],
            even_category=even,
        )
        for head in range(len(cells))
    ]


class _Masks:
    """Which keys of each row a score is about."""

    def __init__(self, rows: NDArray[np.intp], keys: int, geometry: Geometry) -> None:
        self._rows = rows
        self._geometry = geometry
        position = geometry.position
        self._back = None if position is None else (rows + position)[:, None] - np.arange(keys)

    def back(self, *distances: int) -> NDArray[np.bool_] | None:
        """Keys that stand these many places before the query."""
        return None if self._back is None else np.isin(self._back, distances)

    def same_category(self) -> NDArray[np.bool_] | None:
        """Keys of other items that share a category with the query's."""
        queries, keys = self._geometry.query_categories, self._geometry.key_categories
        if queries is None or keys is None:
            return None
        names = sorted({name for own in (*queries, *keys) for name in own})
        if not names:
            return None
        number = {name: place for place, name in enumerate(names)}

        def member(items: Sequence[Collection[str]]) -> NDArray[np.float32]:
            table = np.zeros((len(items), len(names)), np.float32)
            for item, own in enumerate(items):
                table[item, [number[name] for name in own]] = 1
            return table

        shared = (member(queries)[self._rows] @ member(keys).T) > 0
        return np.asarray(shared if self._back is None else shared & (self._back != 0))


def mean_scores(users: Sequence[Scores]) -> Scores:
    """Return the mean of one head's scores over users; a score that no user has stays `None`."""

    def mean(name: str) -> float | None:
        known = [value for scores in users if (value := getattr(scores, name)) is not None]
        return sum(known) / len(known) if known else None

    return Scores(**{name: mean(name) for name in Scores.__dataclass_fields__})  # type: ignore[arg-type]


def type_of(scores: Scores) -> tuple[str, float]:
    """Return the word that fits best, and its score; `mixed` comes with the evenness."""
    if scores.evenness >= UNIFORM:
        return "uniform", scores.evenness
    singles = {"self": scores.self, "previous": scores.previous, "first": scores.first}
    word, score = max(((name, value or 0.0) for name, value in singles.items()), key=lambda x: x[1])
    if score >= SINGLE:
        return word, score
    if (scores.recent or 0.0) >= RECENT:
        return "recent", scores.recent or 0.0
    same, even = scores.same_category, scores.even_category
    if same is not None and even is not None and same >= max(CATEGORY, CATEGORY_LIFT * even):
        return "category", same
    return "mixed", scores.evenness
