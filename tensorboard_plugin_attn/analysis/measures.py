"""One number per head: what a map of attention comes down to.

Each function takes attention `[head, query, key]` (rows sum to 1) and returns float32 `[head]`.
Definitions are in docs/glossary.md. A query's position is that of the key it predicts from:
with as many queries as keys, query i stands at key i; with fewer, the queries are the newest.
Cells a causal mask rules out are zeros here, and a zero adds nothing to any of these sums.

It is called for every user at every logged step, so it is exact and cheap at once: logarithm,
dot product, column sums, Gram matrix and maximum, each one pass in float32. Entropy from the
stored codes through a table of 256 costs as much and is less exact (`python -m benchmarks
measures`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_NOTHING = np.float32(1e-12)  # makes log2(0) finite; less than a float32's last digit from 1e-5 up


@dataclass(frozen=True)
class Measures:
    """All measures of one user's attention, each float32 `[head]`; `head_similarity` may be empty.

    Importance is not among them: it takes the model's gradients, and comes with the attention.
    """

    entropy_bits: Floats
    recency: Floats
    sink_share: Floats
    maximum: Floats
    head_similarity: Floats

    @property
    def effective_span(self) -> Floats:
        """Return how many keys would have the same entropy if they shared attention evenly."""
        return np.exp2(self.entropy_bits)


def measure(attention: Floats) -> Measures:
    """Return every measure of `attention [head, query, key]`."""
    share = _share_of_keys(attention)
    return Measures(
        entropy_bits=entropy_bits(attention),
        recency=_recency(share, attention.shape[1]),
        sink_share=share[:, 0],
        maximum=attention.reshape(len(attention), -1).max(axis=1),
        head_similarity=head_similarity(attention),
    )


def entropy_bits(attention: Floats) -> Floats:
    """Return Shannon entropy of a row in bits, averaged over queries: 0 is one key only."""
    heads, queries, _ = attention.shape
    logs = attention + _NOTHING
    np.log2(logs, out=logs)
    sums = attention.reshape(heads, 1, -1) @ logs.reshape(heads, -1, 1)  # [head, 1, 1]
    return _per_head(np.maximum(sums.reshape(heads) / np.float32(-queries), 0.0))


def recency(attention: Floats) -> Floats:
    """Return the mean distance, in positions, from a query back to the keys it attends to."""
    return _recency(_share_of_keys(attention), attention.shape[1])


def sink_share(attention: Floats) -> Floats:
    """Return the mean attention on the first (oldest) key."""
    return _share_of_keys(attention)[:, 0]


def head_similarity(attention: Floats) -> Floats:
    """Return each head's cosine similarity to the most similar other head; empty with one head."""
    heads = len(attention)
    if heads == 1:
        return np.empty(0, np.float32)
    cells = attention.reshape(heads, -1)  # [head, cell]
    products = cells @ cells.T  # [head, head]
    lengths = np.sqrt(products.diagonal())
    products /= lengths[:, None] * lengths
    products.reshape(-1)[:: heads + 1] = -1.0  # a head is not its own twin
    return _per_head(np.minimum(products.max(axis=1), 1.0))


def _share_of_keys(attention: Floats) -> Floats:
    """Return the mean attention on each key, over queries: `[head, key]`."""
    share: Floats = _even(attention.shape[1]) @ attention
    return share


def _recency(share: Floats, queries: int) -> Floats:
    """Return recency from the mean attention on each key, `share [head, key]`."""
    keys = share.shape[1]
    mean_query = (keys - queries) + (queries - 1) / 2
    return _per_head(mean_query - share @ _positions(keys))


def _per_head(values: NDArray[np.floating]) -> Floats:
    return np.asarray(values, np.float32)


@lru_cache(maxsize=32)
def _even(count: int) -> Floats:
    return np.full(count, 1.0 / count, np.float32)


@lru_cache(maxsize=32)
def _positions(count: int) -> NDArray[np.float64]:
    return np.arange(count, dtype=np.float64)
