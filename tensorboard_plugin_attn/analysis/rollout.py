"""Attention rollout: how much of each input position is mixed into each position by all layers.

Abnar and Zuidema, "Quantifying Attention Flow in Transformers", ACL 2020: heads are averaged, the
residual connection counts as attention to oneself, and layers are multiplied. It knows nothing of
values and feed-forward layers, so it says where information could go, not what is used: on the
SASRecs of docs/attention_is_not_explanation.md it explains recommendations no better than recency.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Doubles = NDArray[np.float64]

RESIDUAL = 0.5  # the share of a layer's output that is its input


def mixed(attention: Array) -> Doubles:
    """Return one layer as `[query, key]`: heads of `[head, query, key]` averaged, with residual.

    Raises:
      ValueError: queries and keys are not the same positions.
    """
    _, queries, keys = attention.shape
    if queries != keys:
        raise ValueError(f"rollout needs as many queries as keys, not {queries} and {keys}")
    layer = (1 - RESIDUAL) * attention.mean(axis=0, dtype=np.float64)
    layer[np.arange(queries), np.arange(queries)] += RESIDUAL
    return np.asarray(layer / layer.sum(axis=1, keepdims=True))


def rollout(layers: Iterable[Array]) -> Doubles:
    """Return `[query, position]` of `layers`, each `[head, query, key]`, from the input up.

    Rows sum to 1; a causal model stays causal.

    Raises:
      ValueError: no layer, or not all of them have the same number of positions.
    """
    joint: Doubles | None = None
    for attention in layers:
        layer = mixed(attention)
        if joint is not None and layer.shape != joint.shape:
            raise ValueError(f"{len(joint)} and {len(layer)} positions cannot be joined")
        joint = layer if joint is None else layer @ joint
    if joint is None:
        raise ValueError("rollout needs at least one layer")
    return joint
