"""Interactions as the arrays models take, by encoders that saw training data only.

What is learned: vocabularies, bands, scales and categories. What is not: the list of items itself,
texts (their encoder was trained elsewhere) and social edges.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from training.features.embeddings import embed
from training.features.text_encoder import TextEncoder
from training.preprocessing.dense import DenseEncoder
from training.preprocessing.interactions import Attribute, Interactions
from training.preprocessing.splitting import Split
from training.preprocessing.vocabulary import Bands, Vocabulary

FILE = "features.json"
_VERSION = 1


@dataclass(frozen=True)
class Features:
    """What models may attend to besides the history. Number 0 is always padding or no value.

    Attributes:
      item_fields: value numbers by field, int32 `[item]`, one entry an item number.
      user_fields: the same by user, int32 `[user]`.
      item_labels: names of a field's numbers, so that its size is their count.
      user_labels: the same for `user_fields`.
      neighbours: users each user knows, int32 `[user, n]`: user number + 1, padded with 0.
      item_text: text vectors, float32 `[item, dimension]`, zeros for padding.
      texts: vectors of what users said, float32 `[interaction, dimension]` a user.
      item_dense: scaled numbers and one-hot categories, float32 `[item, column]`.
      user_dense: the same by user, float32 `[user, column]`.
      item_dense_names: names of the columns.
      user_dense_names: names of the columns.
    """

    item_fields: dict[str, np.ndarray]
    user_fields: dict[str, np.ndarray]
    item_labels: dict[str, tuple[str, ...]]
    user_labels: dict[str, tuple[str, ...]]
    neighbours: np.ndarray | None = None
    item_text: np.ndarray | None = None
    texts: list[np.ndarray] | None = None
    item_dense: np.ndarray | None = None
    user_dense: np.ndarray | None = None
    item_dense_names: tuple[str, ...] = ()
    user_dense_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class FieldEncoder:
    """Encoders of the attributes of items, or of users.

    Attributes:
      vocabularies: of fields with one or several values.
      bands: of numeric fields.
      places: how many fields a field with several values becomes: `genre`, `genre 2`, `genre 3`.
      dense: of all numeric and categorical fields together.
    """

    vocabularies: dict[str, Vocabulary]
    bands: dict[str, Bands]
    places: dict[str, int]
    dense: DenseEncoder

    @classmethod
    def learn(
        cls, columns: dict[str, Attribute], rows: np.ndarray, min_count: int, max_values: int
    ) -> FieldEncoder:
        """Return encoders learned from `rows` of `columns` and nothing else."""
        seen = {name: column.take(rows) for name, column in columns.items()}
        one = {n: c.values.tolist() for n, c in seen.items() if c.kind == "categorical"}
        several = {n: c.values.tolist() for n, c in seen.items() if c.kind == "multiple"}
        flat = {n: [value for cell in cells for value in cell] for n, cells in several.items()}
        return cls(
            {n: Vocabulary.learn(values, min_count) for n, values in {**one, **flat}.items()},
            {n: Bands.learn(c.values) for n, c in seen.items() if c.kind == "numeric"},
            {n: _places(cells, max_values) for n, cells in several.items()},
            DenseEncoder.learn(seen, min_count),
        )

    def encode(self, columns: dict[str, Attribute]) -> dict[str, np.ndarray]:
        """Return value numbers by field, int32 `[row]`, in the columns' order."""
        fields: dict[str, np.ndarray] = {}
        for name, column in columns.items():
            if column.kind == "numeric":
                fields[name] = self.bands[name].encode(column.values)
            elif column.kind == "categorical":
                fields[name] = self.vocabularies[name].encode(column.values)
            else:
                for place in range(self.places[name]):
                    values = [cell[place] if place < len(cell) else None for cell in column.values]
                    fields[_numbered(name, place)] = self.vocabularies[name].encode(values)
        return fields

    def labels(self, columns: dict[str, Attribute]) -> dict[str, tuple[str, ...]]:
        """Return the names of the numbers of every field that `encode` gives."""
        labels: dict[str, tuple[str, ...]] = {}
        for name, column in columns.items():
            learned = self.bands if column.kind == "numeric" else self.vocabularies
            for place in range(self.places.get(name, 1)):
                labels[_numbered(name, place)] = learned[name].labels
        return labels

    def to_json(self) -> dict[str, object]:
        """Return what `from_json` takes."""
        return {
            "vocabularies": {name: v.to_json() for name, v in self.vocabularies.items()},
            "bands": {name: list(bands.edges) for name, bands in self.bands.items()},
            "places": self.places,
            "dense": self.dense.to_json(),
        }

    @classmethod
    def from_json(cls, data: dict) -> FieldEncoder:  # type: ignore[type-arg]
        """Return the encoder that `to_json` was called on."""
        return cls(
            {name: Vocabulary.from_json(value) for name, value in data["vocabularies"].items()},
            {name: Bands(tuple(edges)) for name, edges in data["bands"].items()},
            data["places"],
            DenseEncoder.from_json(data["dense"]),
        )


@dataclass(frozen=True)
class FeatureEncoder:
    """Everything learned that turns interactions into `Features`; saved with the model."""

    items: FieldEncoder
    users: FieldEncoder
    max_neighbours: int = 10
    text_encoder: TextEncoder | None = field(default=None, compare=False)

    @classmethod
    def learn(
        cls,
        interactions: Interactions,
        split: Split,
        text_encoder: TextEncoder | None = None,
        *,
        min_count: int = 2,
        max_values: int = 3,
        max_neighbours: int = 10,
    ) -> FeatureEncoder:
        """Return encoders learned from the items and users of `split`'s training data.

        Args:
          interactions: all of the data; nothing held out in it is looked at.
          split: a split of `interactions.sequences`.
          text_encoder: what makes vectors of texts, if wanted.
          min_count: values seen less often are infrequent.
          max_values: of several values so many become fields, the others are left out.
          max_neighbours: so many neighbours of a user are kept, in the order they are listed.
        """
        sequences = split.training_sequences
        items = np.unique(np.concatenate(sequences)) if sequences else np.array([], np.int32)
        users = np.array(sorted([*split.users, *split.other_users]), np.int64)
        return cls(
            FieldEncoder.learn(interactions.item_columns, items, min_count, max_values),
            FieldEncoder.learn(interactions.user_columns, users, min_count, max_values),
            max_neighbours,
            text_encoder,
        )

    def encode(self, interactions: Interactions, cache: Path | None = None) -> Features:
        """Return the features of `interactions`; text vectors are kept in the directory `cache`."""
        encoder, items, users = (
            self.text_encoder,
            interactions.item_columns,
            interactions.user_columns,
        )
        item_text = texts = None
        if encoder is not None and interactions.item_texts is not None:
            item_text = embed(interactions.item_texts, encoder, cache)
        if encoder is not None and interactions.texts is not None:
            flat = [text for said in interactions.texts for text in said]
            ends = np.cumsum([len(said) for said in interactions.texts])[:-1]
            texts = list(np.split(embed(flat, encoder, cache), ends))
        return Features(
            item_fields=self.items.encode(items),
            user_fields=self.users.encode(users),
            item_labels=self.items.labels(items),
            user_labels=self.users.labels(users),
            neighbours=_padded(interactions.neighbours, self.max_neighbours),
            item_text=item_text,
            texts=texts,
            item_dense=_without_padding(self.items.dense.encode(items)) if items else None,
            user_dense=self.users.dense.encode(users) if users else None,
            item_dense_names=self.items.dense.names,
            user_dense_names=self.users.dense.names,
        )

    def save(self, directory: Path) -> None:
        """Write what was learned to `directory/features.json`; of the text encoder, its name."""
        text = self.text_encoder and f"{self.text_encoder.name} {self.text_encoder.version}"
        data = {
            "version": _VERSION,
            "items": self.items.to_json(),
            "users": self.users.to_json(),
            "max_neighbours": self.max_neighbours,
            "text_encoder": text,
        }
        directory.mkdir(parents=True, exist_ok=True)
        (directory / FILE).write_text(json.dumps(data, ensure_ascii=False, indent=1), "utf-8")

    @classmethod
    def load(cls, directory: Path, text_encoder: TextEncoder | None = None) -> FeatureEncoder:
        """Return what `save` wrote.

        Raises:
          FileNotFoundError: nothing was saved there.
          ValueError: another version wrote it, or `text_encoder` is not the one it was used with.
        """
        data = json.loads((directory / FILE).read_text("utf-8"))
        if data["version"] != _VERSION:
            raise ValueError(f"{FILE} has version {data['version']}: train again to write it anew")
        text = text_encoder and f"{text_encoder.name} {text_encoder.version}"
        if text is not None and text != data["text_encoder"]:
            raise ValueError(f"trained with text encoder {data['text_encoder']!r}, not {text!r}")
        return cls(
            FieldEncoder.from_json(data["items"]),
            FieldEncoder.from_json(data["users"]),
            data["max_neighbours"],
            text_encoder,
        )


def text_encoder_of(directory: Path) -> str | None:
    """Return name and version of the text encoder that `save` was told of; `None` if of none."""
    try:
        return json.loads((directory / FILE).read_text("utf-8"))["text_encoder"]
    except (OSError, KeyError, json.JSONDecodeError):
        return None


def _numbered(name: str, place: int) -> str:
    return name if place == 0 else f"{name} {place + 1}"


def _without_padding(dense: np.ndarray) -> np.ndarray:
    """Return `dense` `[item, column]` with zeros for item 0, which is nothing and has no value."""
    dense[:1] = 0
    return dense


def _places(cells: list[tuple[str, ...]], most: int) -> int:
    return max(1, min(most, max(map(len, cells), default=1)))


def _padded(neighbours: list[np.ndarray] | None, width: int) -> np.ndarray | None:
    if neighbours is None:
        return None
    padded = np.zeros((len(neighbours), width), np.int32)  # [user, neighbour]
    for row, known in zip(padded, neighbours, strict=True):
        row[: len(known)] = known[:width] + 1
    return padded
