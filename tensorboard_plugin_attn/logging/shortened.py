"""Attention too long to store whole, reduced at once where it is handed in.

A copy of such an array would take hundreds of megabytes, so this is the one thing done to cells on
the training's own thread; it costs what a few passes over them cost, and counts as logging.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import reduction, schema
from tensorboard_plugin_attn.analysis import measures
from tensorboard_plugin_attn.codec import Floats
from tensorboard_plugin_attn.logging.rejection import rejection
from tensorboard_plugin_attn.reduction import Reduced


@dataclass(frozen=True)
class Shortened:
    """One user's attention, reduced, or why it is none.

    Attributes:
      shape: of the whole attention, `[head, query, key]`.
      reduced: what is kept of it.
      measures: of all its cells, before anything was left out.
      rejected_reason: why it is not attention; there is nothing else then.
    """

    shape: tuple[int, ...]
    reduced: Reduced | None = None
    measures: measures.Measures | None = None
    rejected_reason: str = ""

    @property
    def ndim(self) -> int:
        """Return the number of axes, as an array does."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Return the memory it takes."""
        return self.reduced.nbytes if self.reduced else 0


def is_too_long(shape: tuple[int, ...]) -> bool:
    """Tell whether `[head, query, key]` of `shape` has more cells than can be stored whole."""
    return len(shape) == 3 and shape[0] * shape[1] * shape[2] > schema.MAX_CELLS


def shorten(attention: Floats, encoding: pb.Encoding) -> Shortened:
    """Return what is kept of `attention [head, query, key]`; copies no more than a head of it."""
    if reason := rejection(attention):
        return Shortened(attention.shape, rejected_reason=reason)
    heads, queries, keys = attention.shape
    kept = reduction.plan(heads, queries, keys, encoding)
    return Shortened(
        attention.shape, reduction.reduce(attention, kept), _measured_by_head(attention)
    )


def _measured_by_head(attention: Floats) -> measures.Measures:
    heads = [measures.measure(attention[head : head + 1]) for head in range(len(attention))]
    joined = {
        name: np.concatenate([getattr(head, name) for head in heads])
        for name in vars(heads[0])
        if name != "head_similarity"
    }
    return measures.Measures(**joined, head_similarity=measures.head_similarity(attention))
