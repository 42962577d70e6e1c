"""Measures per head to bytes and back, half precision: at every step they outweigh small frames.

Half floats are off by 0.05% at most, which no curve shows; what follows from another measure
(effective span) is worked out when it is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.codec import Floats

STORED = ("entropy_bits", "recency", "sink_share", "maximum", "head_similarity")
NAMES = (*STORED, "effective_span", "importance")

_DTYPE = np.dtype("<f2")


def pack(measures: Mapping[str, Floats]) -> pb.Measures:
    """Return the stored form of `measures`, `[head]` each.

    Args:
      measures: all of `STORED`; the similarity is empty where there is one head only.
    """
    rows = [np.asarray(measures[name], np.float32).astype(_DTYPE) for name in STORED]
    return pb.Measures(packed=b"".join(row.tobytes() for row in rows))


def unpack(stored: pb.Measures) -> dict[str, Floats]:
    """Return measures by name, float32 `[head]` each; what was not measured is not there."""
    found: dict[str, Floats] = {}
    values = np.frombuffer(stored.packed[: len(stored.packed) // 2 * 2], _DTYPE)
    names: Sequence[str] = STORED if values.size != len(STORED) - 1 else STORED[:-1]
    if values.size and values.size % len(names) == 0:
        rows = values.reshape(len(names), -1).astype(np.float32)  # [measure, head]
        found.update(zip(names, rows, strict=True))
        with np.errstate(over="ignore"):  # a damaged entropy gives no number, and no warning
            found["effective_span"] = np.exp2(found["entropy_bits"])
    if stored.importance:
        found["importance"] = np.array(stored.importance, np.float32)
    return found
