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


class Heads:
    """Heads made ready to be compared many times: what needs only one side is computed once."""

    def __init__(self, attention: Array) -> None:
        """Take `attention [head, query, key]`, or a part of it."""
        self.rows = normalised(attention)
        self.entropy_bits = row_entropy_bits(self.rows)  # [head, query]
        self.filled = np.asarray(self.rows.any(axis=-1))  # [head, query]
        self.top = _top_keys(attention, TOP_KEYS)  # [head, query, key]
        self.top_counts = self.top.sum(axis=-1)  # [head, query]

    def __len__(self) -> int:
        """Return how many heads there are."""
        return len(self.rows)


@dataclass(frozen=True)
class HeadDistances:
    """One head against others, each float64 `[other head]`, averaged over `rows` queries."""

    bits: Doubles
    overlap: Doubles
    rows: int


def head_distances(heads: Heads, head: int, others: Heads) -> HeadDistances:
    """Return distances of one of `heads` to each of `others`, over the same queries and keys.

    Queries that are empty on either side are left out; NaN if all are.
    """
    there = heads.filled[head] & others.filled  # [other head, query]
    rows = there.sum(axis=1)
    own = (heads.entropy_bits[head] + others.entropy_bits) / 2
    mixed = row_entropy_bits((heads.rows[head] + others.rows) / 2)
    common = (heads.top[head] & others.top).sum(axis=-1)
    counts = np.minimum(TOP_KEYS, np.maximum(heads.top_counts[head], others.top_counts))

    def mean(values: Doubles) -> Doubles:
        total = np.where(there, values, 0.0).sum(axis=1)
        return np.asarray(np.where(rows > 0, total / np.maximum(rows, 1), np.nan))

    bits = mean(np.clip(mixed - own, 0.0, 1.0))
    return HeadDistances(bits, mean(common / np.maximum(counts, 1)), int(rows.max(initial=0)))
