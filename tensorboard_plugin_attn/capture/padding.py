"""On which side of a history the padding is, from the inputs, or from where attention never goes.

The log knows real histories that end at the last position, so attention
of a model that pads on the right is moved there. A causal layer alone tells nothing: it never looks
to the right, padding or not. So without a sign in the inputs a causal layer is taken as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.capture.layer_traits import padding_share

SIDES = ("left", "right")

Floats = NDArray[np.float32]


class PaddingSide:
    """Moves padding to the left, in every layer or in those whose attention shows it.

    Args:
      lengths: real history items per user; `None` if nothing is known of them.
      side: `"left"` or `"right"` if it is known, else it is found out.

    Raises:
      ValueError: `side` is neither.
    """

    def __init__(self, lengths: Sequence[int] | None, side: str | None = None) -> None:
        if side is not None and side not in SIDES:
            raise ValueError(f"padding={side!r}: must be 'left', 'right' or None (found out)")
        self._lengths = lengths
        self._side = side
        self._is_right: dict[str, bool] = {}

    def learn(self, inputs: Iterable[NDArray[np.generic]]) -> None:
        """Look for padding in the arrays the model is called with, unless the side is known."""
        if self._side is None and self._lengths is not None:
            self._side = side_of_inputs(inputs, self._lengths)

    def to_left(self, name: str, attention: Floats) -> Floats:
        """Return `attention [user, head, query, key]` with each user's padding on the left."""
        if self._lengths is None or len(self._lengths) != len(attention) or self._side == "left":
            return attention
        if self._side is None and name not in self._is_right:
            self._is_right[name] = _shows_right(attention, self._lengths)
        is_right = self._side == "right" or self._is_right[name]
        return moved_left(attention, self._lengths) if is_right else attention


def side_of_inputs(inputs: Iterable[NDArray[np.generic]], lengths: Sequence[int]) -> str | None:
    """Return on which side the inputs are padded, `None` if they do not tell.

    An array `[user, position]` of whole numbers tells it if one value fills everything outside the
    histories on one side, stands nowhere in them, and the same is not true of the other side.
    """
    told = set()
    for array in inputs:
        if array.ndim == 2 and len(array) == len(lengths) and array.dtype.kind in "iub":
            fits = [side for side in SIDES if _fits(array, lengths, from_right=side == "right")]
            told |= set(fits) if len(fits) == 1 else set()
    return told.pop() if len(told) == 1 else None


def moved_left(attention: Floats, lengths: Sequence[int]) -> Floats:
    """Return `attention [user, head, query, key]` with what follows each history put before it."""
    queries, keys = attention.shape[-2:]
    moved = np.empty_like(attention)
    for row, length in enumerate(lengths):
        by = (max(queries - length, 0) if queries == keys else 0, max(keys - length, 0))
        moved[row] = np.roll(attention[row], by, axis=(-2, -1))
    return moved


def _fits(array: NDArray[Any], lengths: Sequence[int], *, from_right: bool) -> bool:
    padding, real = [], []
    for row, length in zip(array[:, ::-1] if from_right else array, lengths, strict=True):
        outside = max(len(row) - length, 0)
        padding.append(row[:outside])
        real.append(row[outside:])
    values = np.unique(np.concatenate(padding))
    return len(values) == 1 and not (np.concatenate(real) == values[0]).any()


def _shows_right(attention: Floats, lengths: Sequence[int]) -> bool:
    """Tell whether a layer that also looks ahead keeps off padding on the right only."""
    moved = moved_left(attention, lengths)
    return (
        padding_share(attention, lengths) > schema.ROW_SUM_TOLERANCE
        and padding_share(moved, lengths) <= schema.ROW_SUM_TOLERANCE
        and bool((np.triu(attention, 1) > 0).any())
    )
