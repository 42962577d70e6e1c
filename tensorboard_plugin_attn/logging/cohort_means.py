"""Means of a frame's measures over the cohort: of numbers, never of pictures.

Users whose frame was rejected, or who have no value for a measure, are left out of its mean.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import measures_codec
from tensorboard_plugin_attn.analysis.alerts import uniform_bits

Floats = NDArray[np.float32]


def cohort_means(chunks: Sequence[pb.Chunk], names: Sequence[str]) -> dict[str, Floats]:
    """Return the mean over users of each measure in `names` that any user has, `[head]` each."""
    users = measures_codec.unpack_users([chunk.measures for chunk in chunks])
    return {name: users[name].mean(axis=0) for name in names if name in users}


def even_bits(chunks: Sequence[pb.Chunk], *, causal: bool) -> float:
    """Return what entropy would be if every user's attention were even, in bits.

    Raises:
      ValueError: every user's frame was rejected.
    """
    sizes = [(chunk.query_length, chunk.key_length) for chunk in chunks if chunk.key_length]
    if not sizes:
        raise ValueError("no user has attention at this step")
    return sum(uniform_bits(*size, causal=causal) for size in sizes) / len(sizes)
