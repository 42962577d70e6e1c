"""Items as vectors that share what their attributes share: a rare film is a drama of 1995 too.

It learns nothing of what an attribute's codes mean; `training/preprocessing/features.py` made them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

STDDEV = 0.02  # of every embedding at the start


@keras.saving.register_keras_serializable("attn_training")
class ItemEmbedding(layers.Layer):  # type: ignore[misc]
    """An item's own vector plus one for the value of each of its attributes.

    Args:
      rows: number of items, padding (0) included, and of tokens after them.
      dimension: of a vector.
      fields: number of codes of each attribute, 0 (no value, no vector) included. `genre` and
        `genre 2` are two values of the same attribute and share their vectors.
      codes: code of each item in each of `fields`, `[item]`; zeros if they are to be loaded.
    """

    def __init__(
        self,
        rows: int,
        dimension: int,
        fields: Mapping[str, int],
        codes: Mapping[str, np.ndarray] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.input_dim, self.output_dim = rows, dimension
        self.fields = dict(fields)
        self._given = codes or {}

    def build(self, _: Any = None) -> None:
        """Make the weights."""
        start = keras.initializers.RandomNormal(stddev=STDDEV)
        size = self.output_dim
        self.own = self.add_weight(shape=(self.input_dim, size), initializer=start, name="own")
        groups = _groups(list(self.fields))
        self.tables = {
            name: self.add_weight(
                shape=(self.fields[name], size), initializer=start, name=f"attribute_{number}"
            )
            for number, name in enumerate(dict.fromkeys(groups.values()))
        }
        self.codes = [  # one [row] a field
            self.add_weight(
                shape=(self.input_dim,),
                initializer="zeros",
                dtype="int32",
                trainable=False,
                name=f"codes_{number}",
            )
            for number in range(len(self.fields))
        ]
        self._field_tables = [self.tables[groups[name]] for name in self.fields]
        for name, variable in zip(self.fields, self.codes, strict=True):
            if name in self._given:
                given = np.zeros(self.input_dim, np.int32)
                given[: len(self._given[name])] = self._given[name]
                variable.assign(given)

    @property
    def embeddings(self) -> Any:
        """Return every row's vector, `[row, dimension]`."""
        found = ops.convert_to_tensor(self.own)
        for codes, table in zip(self.codes, self._field_tables, strict=True):
            known = ops.cast(ops.not_equal(codes, 0), found.dtype)[:, None]
            found = found + known * ops.take(table, codes, axis=0)
        return found

    def call(self, items: Any) -> Any:
        """Return the vectors of `items [...]`, `[..., dimension]`."""
        return ops.cast(ops.take(self.embeddings, items, axis=0), self.compute_dtype)


def _groups(names: Sequence[str]) -> dict[str, str]:
    """Return the field whose vectors each field uses: `genre 2` those of `genre`."""
    known = set(names)
    found = {}
    for name in names:
        base, _, place = name.rpartition(" ")
        found[name] = base if place.isdigit() and base in known else name
    return found
