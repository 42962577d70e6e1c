"""What a portable feature-attention model is: see `description`, whose rules hold here too."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.portable.description import (
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
FIRST_VERSION, NEWEST_VERSION = 1, 2  # the first knows no vectors and no names


@dataclass(frozen=True)
class FeatureDescription:
    """Candidates attend over history, users' fields, neighbours and their own attributes.

    The keys besides the history stand in this order: users' fields and vectors, neighbours, items'
    fields and vectors. A vector is what the model makes of numbers or of a text: it comes as the
    key itself, of each user or item, not as what it was made of.

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
      user_vectors: what each of the users' vectors is made of.
      item_vectors: likewise.
      names: what each key besides the history is, for people; empty: named after the fields.
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
    user_vectors: Sequence[str] = field(default_factory=list)
    item_vectors: Sequence[str] = field(default_factory=list)
    names: Sequence[str] = field(default_factory=list)
    architecture: str = FEATURES
    version: int = NEWEST_VERSION

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
        for name, most in (("user_vectors", MOST_FIELDS), ("item_vectors", MOST_FIELDS)):
            _check_names(name, getattr(self, name), range(most + 1))
        _check_names("attention_layers", self.attention_layers, (1,))
        _check_names("names", self.names, (0, len(self.plain_names)))
        if self.version == FIRST_VERSION and (self.user_vectors or self.item_vectors or self.names):
            raise DescriptionError("version 1 has no vectors and no names")
        self._check_size()

    def _check_size(self) -> None:
        """Refuse what would take too much memory: queries and keys, and what is kept of items."""
        fields = [*self.user_fields, *self.item_fields]
        longest = max([self.item_count, self.history_length, *(int(count) for _, count in fields)])
        projected = self.dimension * (self.heads if self.similarity == "bilinear" else 1)
        kept = self.heads * self.own_keys + self.dimension * len(self.item_vectors)
        if projected * longest + kept * self.item_count > 4 * schema.MAX_REPLAY_CELLS:
            raise DescriptionError("it is too large to be replayed here")

    @property
    def plain_names(self) -> list[str]:
        """Return a name for each key besides the history, after the fields."""
        return [
            *(f"user: {name}" for name, _ in self.user_fields),
            *(f"user: {name}" for name in self.user_vectors),
            *(f"neighbour {number + 1}" for number in range(self.neighbours)),
            *(f"item: {name}" for name, _ in self.item_fields),
            *(f"item: {name}" for name in self.item_vectors),
        ]

    @property
    def own_keys(self) -> int:
        """Return how many keys each item has of its own."""
        return len(self.item_fields) + len(self.item_vectors)

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
        found |= {f"users.vector.{n}": (self.users, size) for n in range(len(self.user_vectors))}
        found |= {
            f"item_vector.{n}": (self.item_count, size) for n in range(len(self.item_vectors))
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


def clipped(names: Sequence[str]) -> list[str]:
    """Return `names` no longer than a description may hold them."""
    return [schema.clip_text(name) for name in names]


_LIMITS = {
    "item_count": (1, schema.MAX_TENSOR_SIZE),
    "history_length": (1, schema.MAX_DIMENSION),
    "dimension": (1, schema.MAX_DIMENSION),
    "heads": (1, schema.MAX_HEADS),
    "neighbours": (0, schema.MAX_DIMENSION),
    "people": (0, schema.MAX_TENSOR_SIZE),
    "users": (0, schema.MAX_DIMENSION),
    "version": (FIRST_VERSION, NEWEST_VERSION),
}


def _is_name(value: object) -> bool:
    return isinstance(value, str) and len(value) <= schema.MAX_STRING


def _check_names(name: str, names: object, counts: Container[int]) -> None:
    is_list = isinstance(names, list | tuple) and all(map(_is_name, names))
    if not is_list or len(names) not in counts:  # type: ignore[arg-type]
        raise DescriptionError(f"{name} is no list of as many names as there must be")


def _check_fields(name: str, fields: object) -> None:
    if not isinstance(fields, list | tuple) or len(fields) > MOST_FIELDS:
        raise DescriptionError(f"{name} is no list of at most {MOST_FIELDS} fields")
    for each in fields:
        if not isinstance(each, list | tuple) or len(each) != 2 or not _is_name(each[0]):
            raise DescriptionError(f"{name} holds what is no name with a number")
        whole_number(name, each[1], 1, schema.MAX_TENSOR_SIZE)


def _check_codes(codes: Floats, count: int) -> None:
    if codes.size and not (np.equal(codes, np.floor(codes)) & (codes >= 0) & (codes < count)).all():
        raise DescriptionError("a code that has no embedding")
