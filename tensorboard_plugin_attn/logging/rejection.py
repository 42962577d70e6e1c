"""Why an array is not attention: what is refused with its reason, and never written as data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn import schema

Floats = NDArray[np.float32]


def rejection(attention: Floats) -> str:
    """Return why `attention [head, query, key]` is not attention, or an empty string."""
    if attention.ndim != 3 or 0 in attention.shape:
        return f"shape {list(attention.shape)} is not [head, query, key]"
    if max(attention.shape) > schema.MAX_DIMENSION or attention.shape[0] > schema.MAX_HEADS:
        return f"shape {list(attention.shape)} is over the limits"
    sums = attention.sum(axis=2, dtype=np.float32)
    wrong = np.abs(sums - 1) > schema.ROW_SUM_TOLERANCE
    if attention.min() >= 0 and not wrong.any():  # the usual case; a NaN fails the first
        return ""
    if not_finite := int(attention.size - np.isfinite(attention).sum()):
        return f"{not_finite} of {attention.size} cells are NaN or infinite"
    if negative := int((attention < 0).sum()):
        return f"{negative} of {attention.size} cells are negative"
    return f"{int(wrong.sum())} of {sums.size} rows do not sum to 1"
