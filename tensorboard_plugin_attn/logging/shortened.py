"""Attention too long to store whole, reduced at once where it is handed in.

A copy of such an array would take hundreds of megabytes, so this is the one thing done to cells on
the training's own thread; it costs what one pass over them costs, and counts as logging.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import reduction, schema
from tensorboard_plugin_attn.analysis import measures
from tensorboard_plugin_attn.reduction import Reduced


@dataclass(frozen=True)
class Shortened:
    """One user's attention, reduced.

    Attributes:
      shape: of the whole attention, `[head, query, key]`.
      reduced: what is kept of it.
      measures: of all its cells, before anything was left out.
    """

    shape: tuple[int, int, int]
    reduced: Reduced
    measures: measures.Measures

    @property
    def nbytes(self) -> int:
        """Return the memory it takes."""
        return self.reduced.nbytes


def is_too_long(shape: tuple[int, ...]) -> bool:
    """Tell whether `[head, query, key]` of `shape` has more cells than can be stored whole."""
    return len(shape) == 3 and shape[0] * shape[1] * shape[2] > schema.MAX_CELLS


def shorten(attention: NDArray[np.generic], encoding: pb.Encoding) -> Shortened:
    """Return what is kept of `attention [head, query, key]`, rows that sum to 1, any float type."""
    heads, queries, keys = attention.shape
    kept = reduction.plan(heads, queries, keys, encoding)
    whole = attention.astype(np.float32, copy=False)
    return Shortened((heads, queries, keys), reduction.reduce(whole, kept), measures.measure(whole))
