"""What a portable feature-attention model is: see `description`, whose rules hold here too."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.portable.description import (
    VERSION,
    DescriptionError,
    Shape,
    check_shapes,
    whole_number,
)
from tensorboard_plugin_attn.portable.weights import Floats

FEATURES = "feature_attention"
SIMILARITIES = ("scaled_dot_product", "bilinear")
SCORINGS = ("mlp", "dot")
MOST_FIELDS = 64


@dataclass(frozen=True)
class FeatureDescription:
    """Candidates attend over history, users' fields, neighbours and their own attributes.

    Attributes:
      item_count: items that have a score; number 0 is padding.
      history_length: places of the history; the newest item stands at the last.
      dimension: of an embedding.
      heads: of the attention.
      similarity: `"scaled_dot_product"` or `"bilinear"`.
      scoring: `"dot"`, or `"mlp"`: a hidden layer besides.
      user_fields: name and number of codes of each.
      item_fields: likewise.
      neighbours: how many there may be.
      people: number of persons who may be neighbours, 0 (nobody) included.
      users: of the cohort, whose fields and neighbours are among the tensors.
      attention_layers: what the log calls the attention.
      architecture: which NumPy code replays it.
      version: of this format.
    """

    item_count: int
    history_length: int
    dimension: int
    heads: int
    similarity: str
    scoring: str
    user_fields: Sequence[Sequence[str | int]]
    item_fields: Sequence[Sequence[str | int]]
    neighbours: int
    people: int
    users: int
    attention_layers: Sequence[str]
    architecture: str = FEATURES
    version: int = VERSION

    def __post_init__(self) -> None:
        """Refuse what no model is.

        Raises:
          DescriptionError: a value of another type, or out of its limits.
        """
        for name, (least, most) in _LIMITS.items():
            whole_number(name, getattr(self, name), least, most)
        if self.similarity not in SIMILARITIES or self.scoring not in SCORINGS:
            raise DescriptionError("similarity or scoring is not known")
        if self.dimension % self.heads:
            raise DescriptionError("the dimension is not a multiple of the heads")
        for name in ("user_fields", "item_fields"):
            _check_fields(name, getattr(self, name))
        names = self.attention_layers
        if not isinstance(names, list | tuple) or len(names) != 1 or not _is_name(names[0]):
            raise DescriptionError("attention_layers does not name the one layer")
        fields = [*self.user_fields, *self.item_fields]
        longest = max([self.item_count, self.history_length, *(int(count) for _, count in fields)])
        projected = self.dimension * (self.heads if self.similarity == "bilinear" else 1)
        if projected * longest > 4 * schema.MAX_REPLAY_CELLS:
            raise DescriptionError("it is too large to be replayed here")

    @property
    def head_size(self) -> int:
        """Return the size of a head's queries and keys."""
        return self.dimension // self.heads

    def shapes(self) -> dict[str, Shape]:
        """Return the shape of each tensor, by name."""
        size = self.dimension
        found: dict[str, Shape] = {
            "items": (self.item_count, size),
            "positions": (self.history_length, size),
            "people": (max(1, self.people), size),
            "item_codes": (self.item_count, max(1, len(self.item_fields))),
            "values": (size, size),
            "users.fields": (self.users, len(self.user_fields)),
            "users.neighbours": (self.users, self.neighbours),
        }
        for kind in ("user", "item"):
            for number, (_, count) in enumerate(getattr(self, f"{kind}_fields")):
                found[f"{kind}_field.{number}"] = (int(count), size)
        if self.similarity == "bilinear":
            found["forms"] = (self.heads, size, size)
        else:
            found["query"] = found["key"] = (size, self.heads, self.head_size)
        if self.scoring == "mlp":
            found |= {"hidden.weight": (3 * size, size), "hidden.bias": (size,)}
            found |= {"score.weight": (size, 1), "score.bias": (1,)}
        return found

    def check(self, tensors: Mapping[str, Floats]) -> None:
        """Refuse `tensors` that are not this model's.

        Raises:
          DescriptionError: names or shapes differ, a weight is no number, or a code has no
            embedding.
        """
        check_shapes(self.shapes(), tensors)
        for number, (_, count) in enumerate(self.item_fields):
            _check_codes(tensors["item_codes"][:, number], int(count))
        for number, (_, count) in enumerate(self.user_fields):
            _check_codes(tensors["users.fields"][:, number], int(count))
        _check_codes(tensors["users.neighbours"], max(1, self.people))

    def to_json(self) -> bytes:
        """Return what `read_description` takes."""
        return json.dumps(asdict(self), separators=(",", ":")).encode()


_LIMITS = {
    "item_count": (1, schema.MAX_TENSOR_SIZE),
    "history_length": (1, schema.MAX_DIMENSION),
    "dimension": (1, schema.MAX_DIMENSION),
    "heads": (1, schema.MAX_HEADS),
    "neighbours": (0, schema.MAX_DIMENSION),
    "people": (0, schema.MAX_TENSOR_SIZE),
    "users": (0, schema.MAX_DIMENSION),
}


def _is_name(value: object) -> bool:
    return isinstance(value, str) and len(value) <= schema.MAX_STRING


def _check_fields(name: str, fields: object) -> None:
    if not isinstance(fields, list | tuple) or len(fields) > MOST_FIELDS:
        raise DescriptionError(f"{name} is no list of at most {MOST_FIELDS} fields")
    for field in fields:
        if not isinstance(field, list | tuple) or len(field) != 2 or not _is_name(field[0]):
            raise DescriptionError(f"{name} holds what is no name with a number")
        whole_number(name, field[1], 1, schema.MAX_TENSOR_SIZE)


def _check_codes(codes: Floats, count: int) -> None:
    if codes.size and not (np.equal(codes, np.floor(codes)) & (codes >= 0) & (codes < count)).all():
        raise DescriptionError("a code that has no embedding")
