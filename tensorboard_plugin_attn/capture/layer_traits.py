"""What is true of an attention layer, found out from the first attention it gives.

A layer that masks nothing is shown as it is: what it attends to, padding and future included, is
never cut away to make the picture tidy.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn import schema

logger = logging.getLogger("tensorboard_plugin_attn")

_FUTURE = 1e-6  # attention on later keys below this everywhere: the layer is causal


class LayerTraits:
    """Whether layers are causal and whether they mask padding, each decided once.

    Args:
      lengths: real history items per user; `None` if there is no left padding to crop.
    """

    def __init__(self, lengths: Sequence[int] | None) -> None:
        self._lengths = lengths
        self._causal: dict[str, bool] = {}
        self._attends_to_padding: dict[str, bool] = {}

    def lengths(self, name: str, attention: NDArray[np.float32]) -> Sequence[int] | None:
        """Return where to crop; nowhere if the layer, as first seen, attends to padding."""
        if self._lengths is None:
            return None
        if name not in self._attends_to_padding:
            outside = padding_share(attention, self._lengths)
            self._attends_to_padding[name] = outside > schema.ROW_SUM_TOLERANCE
            if self._attends_to_padding[name]:
                logger.warning(
                    "%s gives up to %.0f%% of its attention to padding (it does not mask it): "
                    "padding is logged too",
                    name,
                    100 * outside,
                )
        return None if self._attends_to_padding[name] else self._lengths

    def is_causal(self, name: str, attention: NDArray[np.float32]) -> bool:
        """Tell whether no real query of the layer attends to a later key, as first seen."""
        if name not in self._causal:
            cropped = self.lengths(name, attention) or [0] * len(attention)  # [-0:] keeps all
            self._causal[name] = attention.shape[-2] > 1 and all(
                _is_causal(user[:, -length:, -length:])
                for user, length in zip(attention, cropped, strict=True)
            )
        return self._causal[name]


def _is_causal(attention: NDArray[np.float32]) -> bool:
    """Tell whether the upper triangle of `attention [head, query, key]` is empty."""
    queries, keys = attention.shape[-2:]
    future = np.triu_indices(queries, 1)
    return queries == keys and bool((attention[:, future[0], future[1]] <= _FUTURE).all())


def padding_share(attention: NDArray[np.float32], lengths: Sequence[int]) -> float:
    """Return the largest share any real query gives to padding keys on the left.

    Args:
      attention: `[user, head, query, key]`, left-padded.
      lengths: real positions per user.
    """
    shares = [
        1.0 - user[:, -length:, -length:].sum(axis=-1).min()
        for user, length in zip(attention, lengths, strict=True)
    ]
    return float(max(shares))
