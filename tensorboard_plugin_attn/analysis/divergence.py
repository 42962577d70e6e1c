"""How different two heads are: Jensen-Shannon divergence, and the strongest keys they share.

Rows are made to sum to 1 first, so a part of a row (the items that two histories have in common)
can be compared as a distribution of its own; an empty row compares to nothing. The browser's twin,
for the two frames on screen, is `frontend/src/analysis/distance.ts`; both read one golden file.
Source: Lin, "Divergence measures based on the Shannon entropy", 1991.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Doubles = NDArray[np.float64]

TOP_KEYS = 5  # what is compared at the top of a row


def normalised(rows: Array) -> Doubles:
    """Return `rows [..., key]` made to sum to 1; a row that sums to 0 stays 0."""
    values = np.maximum(np.asarray(rows, np.float64), 0.0)
    sums = values.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(values, sums, out=np.zeros_like(values), where=sums > 0))


def row_entropy_bits(rows: Doubles) -> Doubles:
    """Return entropy of `rows [..., key]` in bits; 0 log 0 is 0."""
    logs = np.log2(rows, out=np.zeros_like(rows), where=rows > 0)
    return np.asarray(-np.einsum("...k,...k->...", rows, logs))


def jensen_shannon_bits(p: Array, q: Array) -> Doubles:
    """Return the divergence of rows `p` and `q`, `[..., key]` each and broadcast, in bits.

    0 is the same, 1 is nothing in common; NaN where either row is empty. It is symmetric.
    """
    p, q = normalised(p), normalised(q)
    mixed = row_entropy_bits((p + q) / 2)
    bits = np.clip(mixed - (row_entropy_bits(p) + row_entropy_bits(q)) / 2, 0.0, 1.0)
    return np.where(p.any(axis=-1) & q.any(axis=-1), bits, np.nan)


def _top_keys(rows: Array, count: int) -> NDArray[np.bool_]:
    """Mark the `count` largest cells above 0 of each row; of equal ones, the earlier keys."""
    places = np.argsort(-rows, axis=-1, kind="stable")[..., :count]
    marked = np.zeros(rows.shape, bool)
    np.put_along_axis(marked, places, np.take_along_axis(rows, places, -1) > 0, -1)
    return marked


def top_overlap(p: Array, q: Array, count: int = TOP_KEYS) -> Doubles:
    """Return the share of the `count` strongest keys that rows have in common, 0 to 1.

    With fewer keys above 0 than `count`, the share is of those; NaN where either row is empty.
    """
    a, b = _top_keys(p, count), _top_keys(q, count)
    counts = np.minimum(count, np.maximum(a.sum(axis=-1), b.sum(axis=-1)))
    common = (a & b).sum(axis=-1)
    filled = a.any(axis=-1) & b.any(axis=-1)
    nothing = np.full(common.shape, np.nan)
    return np.asarray(np.divide(common, counts, out=nothing, where=filled))


@dataclass(frozen=True)
class HeadDistances:
    """One head against others, each float64 `[other head]`, averaged over `rows` queries."""

    bits: Doubles
    overlap: Doubles
    rows: int


def head_distances(head: Array, others: Array) -> HeadDistances:
    """Return distances of `head [query, key]` to each of `others [head, query, key]`.

    Queries that are empty on either side are left out; NaN if all are.
    """
    bits = jensen_shannon_bits(head, others)  # [other head, query]
    overlap = top_overlap(head[None], others)
    there = ~np.isnan(bits)
    rows = np.maximum(there.sum(axis=1), 1)
    empty = ~there.any(axis=1)

    def mean(values: Doubles) -> Doubles:
        return np.where(empty, np.nan, np.where(there, values, 0.0).sum(axis=1) / rows)

    return HeadDistances(mean(bits), mean(overlap), int(there.sum(axis=1).max(initial=0)))
