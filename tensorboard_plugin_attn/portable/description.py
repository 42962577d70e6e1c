"""What a portable model is, declared: an architecture by name, its sizes, and nothing to execute.

A description from a log is believed only after every number was compared with a limit and every
tensor's shape with what the description says it must be. An unknown architecture or version is
refused with its name: it is never guessed at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.portable.weights import Floats

VERSION = 1
SEQUENCE = "sequence_transformer"
SERVED = "served"
ACTIVATIONS = ("gelu", "relu")
PREDICTS_FROM = ("newest", "mask")

Shape = tuple[int, ...]


class DescriptionError(ValueError):
    """This is no description of a model that can be replayed; the message says why."""


@dataclass(frozen=True)
class Description:
    """A pre-norm transformer over a history of items, with scores tied to the items' embeddings.

    Attributes:
      item_count: items that have a score; number 0 is padding.
      token_count: embeddings behind the items that are no items, such as a mask.
      history_length: places a model has; the newest item stands at the last.
      dimension: of an embedding.
      heads: of each attention layer.
      layers: blocks.
      dense_size: of each block's inner dense layer.
      causal: whether a place attends to itself and earlier ones only.
      predicts_from: `"newest"`: the last item's place; `"mask"`: a mask behind it (then the first
        token behind the items).
      activation: of the inner dense layer: `"gelu"` (with erf) or `"relu"`.
      embedding_scale: what items' embeddings are multiplied by.
      epsilon: of layer normalisation.
      attention_layers: what the log calls each block's attention.
      architecture: which NumPy code replays it.
      version: of this format.
    """

    item_count: int
    history_length: int
    dimension: int
    heads: int
    layers: int
    dense_size: int
    causal: bool
    predicts_from: str
    embedding_scale: float
    attention_layers: Sequence[str]
    token_count: int = 0
    activation: str = "gelu"
    epsilon: float = 1e-5
    architecture: str = SEQUENCE
    version: int = VERSION

    def __post_init__(self) -> None:
        """Refuse what no model is.

        Raises:
          DescriptionError: a value of another type, or out of its limits.
        """
        for name, limit in _LIMITS.items():
            whole_number(name, getattr(self, name), 0 if name == "token_count" else 1, limit)
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise DescriptionError(f"{name} is none of {', '.join(map(str, choices))}")
        for name in ("embedding_scale", "epsilon"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not 0 < value < 1e6:
                raise DescriptionError(f"{name} is not a number from 0 to a million")
        if self.dimension % self.heads:
            raise DescriptionError("the dimension is not a multiple of the heads")
        if self.layers * self.heads * self.history_length**2 > schema.MAX_REPLAY_CELLS:
            raise DescriptionError("its attention is too large to be replayed here")
        if self.predicts_from == "mask" and not self.token_count:
            raise DescriptionError("there is no mask to predict from")
        self._check_layer_names()

    def _check_layer_names(self) -> None:
        names = self.attention_layers
        is_list = isinstance(names, list | tuple) and all(isinstance(name, str) for name in names)
        if not is_list or len(names) != self.layers:
            raise DescriptionError("attention_layers does not name each layer")
        if any(len(name) > schema.MAX_STRING for name in names):
            raise DescriptionError("attention_layers holds a name that is too long")

    @property
    def head_size(self) -> int:
        """Return the size of a head's queries, keys and values."""
        return self.dimension // self.heads

    def shapes(self) -> dict[str, Shape]:
        """Return the shape of each tensor, by name."""
        size, inner = self.dimension, self.dense_size
        found: dict[str, Shape] = {
            "items": (self.item_count + self.token_count, size),
            "positions": (self.history_length, size),
            "norm.scale": (size,),
            "norm.offset": (size,),
        }
        for number in range(self.layers):
            block = {
                **{f"{part}.weight": (size, size) for part in ("query", "key", "value", "output")},
                **{f"{part}.bias": (size,) for part in ("query", "key", "value", "output")},
                "attention_norm.scale": (size,),
                "attention_norm.offset": (size,),
                "dense_norm.scale": (size,),
                "dense_norm.offset": (size,),
                "widen.weight": (size, inner),
                "widen.bias": (inner,),
                "narrow.weight": (inner, size),
                "narrow.bias": (size,),
            }
            found.update((f"block_{number}.{name}", shape) for name, shape in block.items())
        return found

    def check(self, tensors: Mapping[str, Floats]) -> None:
        """Refuse `tensors` that are not this model's.

        Raises:
          DescriptionError: a name is missing or unknown, a shape differs, or a weight is no number.
        """
        check_shapes(self.shapes(), tensors)

    def to_json(self) -> bytes:
        """Return what `read_description` takes."""
        return json.dumps(asdict(self), separators=(",", ":")).encode()


@dataclass(frozen=True)
class Served:
    """A model that is not in the log and is asked where the operator serves it.

    Attributes:
      item_count: items that have a score; number 0 is padding.
      history_length: width of its input: item numbers, padded with 0 on the left.
      architecture: says that this is all there is.
      version: of this format.
    """

    item_count: int
    history_length: int
    architecture: str = SERVED
    version: int = VERSION

    def __post_init__(self) -> None:
        """Refuse what no model is.

        Raises:
          DescriptionError: a number that is none, or over its limit.
        """
        for name in ("item_count", "history_length"):
            whole_number(name, getattr(self, name), 1, _LIMITS[name])

    def check(self, tensors: Mapping[str, Floats]) -> None:
        """Refuse weights: they are elsewhere.

        Raises:
          DescriptionError: there are some.
        """
        if tensors:
            raise DescriptionError("a served model has no tensors in the log")

    def to_json(self) -> bytes:
        """Return what `read_description` takes."""
        return json.dumps(asdict(self), separators=(",", ":")).encode()


def check_shapes(expected: Mapping[str, Shape], tensors: Mapping[str, Floats]) -> None:
    """Refuse `tensors` with other names or shapes, or what is no number.

    Raises:
      DescriptionError: there are some.
    """
    if expected.keys() != tensors.keys():
        raise DescriptionError("its tensors are not those of the architecture")
    for name, shape in expected.items():
        if tensors[name].shape != shape:
            raise DescriptionError(f"{name} is {tensors[name].shape}, not {shape}")
        if not np.isfinite(tensors[name]).all():
            raise DescriptionError(f"{name} holds what is no number: the training diverged")


_LIMITS = {
    "item_count": schema.MAX_TENSOR_SIZE,
    "token_count": 16,
    "history_length": schema.MAX_DIMENSION,
    "dimension": schema.MAX_DIMENSION,
    "heads": schema.MAX_HEADS,
    "layers": 64,
    "dense_size": 4 * schema.MAX_DIMENSION,
}
_CHOICES: dict[str, Sequence[object]] = {
    "causal": (True, False),
    "predicts_from": PREDICTS_FROM,
    "activation": ACTIVATIONS,
    "architecture": (SEQUENCE,),
    "version": (VERSION,),
}


def whole_number(name: str, value: object, least: int, most: int) -> None:
    """Refuse what is no whole number from `least` to `most`.

    Raises:
      DescriptionError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise DescriptionError(f"{name} is not a whole number from {least} to {most}")
