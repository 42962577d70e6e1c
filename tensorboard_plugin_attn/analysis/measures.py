"""One number per head: what a map of attention comes down to.

Each function takes attention `[head, query, key]` (rows sum to 1) and returns float32 `[head]`.
Definitions are in docs/glossary.md. A query's position is that of the key it predicts from:
with as many queries as keys, query i stands at key i; with fewer, the queries are the newest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def entropy_bits(attention: Floats) -> Floats:
    """Return Shannon entropy of a row in bits, averaged over queries: 0 is one key only."""
    logs = np.log2(np.maximum(attention, np.float32(1e-12)))
    rows = -np.einsum("hqk,hqk->hq", attention, logs)  # [head, query]
    return _per_head(np.maximum(rows.mean(axis=1), 0.0))


def recency(attention: Floats) -> Floats:
    """Return the mean distance, in positions, from a query back to the keys it attends to."""
    queries, keys = attention.shape[1:]
    query_position = np.arange(queries, dtype=np.float32) + (keys - queries)
    key_mean = attention @ np.arange(keys, dtype=np.float32)  # [head, query]
    return _per_head((query_position - key_mean).mean(axis=1))


def sink_share(attention: Floats) -> Floats:
    """Return the mean attention on the first (oldest) key."""
    return _per_head(attention[:, :, 0].mean(axis=1))


def _per_head(values: NDArray[np.floating]) -> Floats:
    return np.asarray(values, np.float32)


@dataclass(frozen=True)
class Measures:
    """All measures of one user's attention, each float32 `[head]`."""

    entropy_bits: Floats
    recency: Floats
    sink_share: Floats
    maximum: Floats
    effective_span: Floats


def measure(attention: Floats) -> Measures:
    """Return every measure of `attention [head, query, key]`."""
    entropy = entropy_bits(attention)
    return Measures(
        entropy_bits=entropy,
        recency=recency(attention),
        sink_share=sink_share(attention),
        maximum=_per_head(attention.max(axis=(1, 2))),
        effective_span=np.exp2(entropy),
    )
