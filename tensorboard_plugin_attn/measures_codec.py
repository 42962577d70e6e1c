"""Measures per head to bytes and back, half precision: at every step they outweigh small frames.

Half floats are off by 0.05% at most, which no curve shows; what follows from another measure
(effective span) is worked out when it is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

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
    rows = np.concatenate([measures[name] for name in STORED])
    return pb.Measures(packed=rows.astype(_DTYPE).tobytes())


def unpack(stored: pb.Measures) -> dict[str, Floats]:
    """Return measures by name, float32 `[head]` each; what was not measured is not there."""
    found: dict[str, Floats] = {}
    values = np.frombuffer(stored.packed[: len(stored.packed) // 2 * 2], _DTYPE)
    names = _names_of(values.size)
    if values.size and values.size % len(names) == 0:
        found = _named(values.reshape(len(names), -1))
    if stored.importance:
        found["importance"] = np.array(stored.importance, np.float32)
    return found


def unpack_users(stored: Sequence[pb.Measures]) -> dict[str, Floats]:
    """Return measures of one layer's users by name, float32 `[user, head]` each.

    Users without a measure have no row in it: rejected ones in none, those without importance not
    there. As the writer asks at every step, all are unpacked at once.

    Raises:
      ValueError: they were not packed with the same number of heads.
    """
    found: dict[str, Floats] = {}
    packed = [user.packed for user in stored if user.packed]
    if packed:
        values = np.frombuffer(b"".join(packed), _DTYPE).reshape(len(packed), -1)
        names = _names_of(values.shape[1])
        by_measure = values.reshape(len(packed), len(names), -1).swapaxes(0, 1)
        found = _named(by_measure)
    if weighed := [user.importance for user in stored if user.importance]:
        found["importance"] = np.array(weighed, np.float32)
    return found


def _names_of(count: int) -> Sequence[str]:
    """Return what `count` stored numbers of a user are: one head alone has no similarity."""
    return STORED if count != len(STORED) - 1 else STORED[:-1]


def _named(rows: NDArray[np.float16]) -> dict[str, Floats]:
    """Return measures by name of `rows [measure, ...]`, and what follows from them."""
    found = dict(zip(STORED, rows.astype(np.float32), strict=False))
    with np.errstate(over="ignore"):  # a damaged entropy gives no number, and no warning
        found["effective_span"] = np.exp2(found["entropy_bits"])
    return found
