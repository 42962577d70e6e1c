"""Which layers and heads are logged, by the user's `layers=` and `heads=`.

Heads keep their own numbers: head 3 alone is still called "head 3".
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tensorboard_plugin_attn.capture.captured_array import CapturedArray

logger = logging.getLogger("tensorboard_plugin_attn")

Heads = Sequence[int] | Mapping[str, Sequence[int]]


@dataclass
class Selection:
    """A choice of layers and heads.

    Args:
      layers: parts of the names of layers to log; `None`: all.
      heads: numbers of heads to log, from 0, in every layer or by a part of the layer's name (a
        layer that is not named keeps all); `None`: all.

    Raises:
      ValueError: no head is chosen, or a negative one.
    """

    layers: Sequence[str] | None = None
    heads: Heads | None = None
    _seen: dict[str, None] = field(default_factory=dict)
    _warned: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Refuse what could never fit."""
        if isinstance(self.layers, str):
            self.layers = [self.layers]
        choices = self.heads.values() if isinstance(self.heads, Mapping) else [self.heads]
        for chosen in choices:
            if chosen is not None and (not len(chosen) or min(chosen) < 0):
                raise ValueError(f"heads={self.heads}: give numbers of heads from 0 on")

    def wants(self, name: str) -> bool:
        """Tell whether the layer called `name` is logged; remembers that there is such a layer."""
        self._seen[name] = None
        return self.layers is None or any(part in name for part in self.layers)

    def apply(self, found: Sequence[CapturedArray]) -> list[CapturedArray]:
        """Return the chosen layers of `found`, each with its chosen heads."""
        return [self._with_heads(layer) for layer in found if self.wants(layer.name)]

    def why_nothing(self) -> str:
        """Return what to do when `layers` fits nothing; empty if there was nothing to choose."""
        if not self._seen or self.layers is None:
            return ""
        return (
            f"attention: layers={list(self.layers)} fits no layer with attention, so there is none "
            f"to log; choose from: {', '.join(self._seen)}"
        )

    def _with_heads(self, layer: CapturedArray) -> CapturedArray:
        chosen = self._heads_of(layer.name)
        count = layer.attention.shape[1] if layer.attention.ndim == 4 else 0
        there = [head for head in chosen or () if head < count]
        if chosen is not None and len(there) < len(chosen) and layer.name not in self._warned:
            self._warned.add(layer.name)
            logger.warning(
                "attention: heads=%s: %s has heads 0 to %d; %s",
                list(chosen),
                layer.name,
                count - 1,
                "the others are left out" if there else "all are logged",
            )
        if not there:
            return layer
        names = layer.head_names or [f"head {head}" for head in range(count)]
        return replace(
            layer,
            attention=layer.attention[:, there],
            head_names=tuple(names[head] for head in there),
        )

    def _heads_of(self, name: str) -> Sequence[int] | None:
        if not isinstance(self.heads, Mapping):
            return self.heads
        return next((heads for part, heads in self.heads.items() if part in name), None)
