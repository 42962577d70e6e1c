"""The forward pass of feature attention in NumPy: candidates over history and named features.

One layer: every item, as a candidate, attends over the user's history, fields and neighbours and
over its own attributes; heads share their values, so a feature's weight is the mean over heads.
What does not depend on the user (queries, attributes) is computed once for all items. Equal to the
Keras model within 1e-4 of a score (tested on random edits).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn.portable.edits import Edit, edited
from tensorboard_plugin_attn.portable.feature_description import FeatureDescription
from tensorboard_plugin_attn.portable.operations import gelu, product, softmax

_CELLS = 1 << 20  # numbers of the items that are worked on at once

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


class FeatureModel:
    """Replays one checkpoint; safe to use from many threads.

    Args:
      description: what the model is.
      tensors: its weights, and the inputs of the cohort's users besides their histories.

    Raises:
      DescriptionError: the weights are not those of the description.
    """

    def __init__(self, description: FeatureDescription, tensors: Mapping[str, Floats]) -> None:
        description.check(tensors)
        self.description = description
        self.tensors = tensors

    @property
    def size_bytes(self) -> int:
        """Return the memory the model holds."""
        return self._queries.nbytes + sum(array.nbytes for array in self.tensors.values())

    def of_user(self, user: int) -> UserFeatureModel:
        """Return the model with the fields and neighbours of the cohort's user `user`."""
        fields = self.tensors["users.fields"][user].astype(np.int64)
        neighbours = self.tensors["users.neighbours"][user].astype(np.int64)
        return UserFeatureModel(self, fields, neighbours)

    @cached_property
    def _queries(self) -> Floats:
        """Return every item as a query, `[head, item, size]`, scaled."""
        items = self.tensors["items"]
        if self.description.similarity == "bilinear":
            return np.ascontiguousarray(np.einsum("ce,hef->hcf", items, self.tensors["forms"]))
        scale = np.float32(1 / np.sqrt(self.description.head_size))
        return np.ascontiguousarray(np.einsum("ce,ehd->hcd", items, self.tensors["query"]) * scale)

    def keys(self, embedded: Floats) -> Floats:
        """Return `embedded [key, dimension]` as keys, `[head, size, key]`."""
        if self.description.similarity == "bilinear":
            heads = self.description.heads
            return np.broadcast_to(embedded.T, (heads, *embedded.T.shape))
        return np.asarray(np.einsum("ke,ehd->hdk", embedded, self.tensors["key"]), np.float32)

    @cached_property
    def _codes(self) -> Integers:
        return self.tensors["item_codes"].astype(np.int64)

    def forward(self, shared: Floats, log_weight: Floats, on: Floats) -> tuple[Floats, Floats]:
        """Return every item's score `[item]` and attention, mean over heads, `[item, key]`.

        Args:
          shared: embeddings of the keys all items share, `[key, dimension]`.
          log_weight: of these keys, and of the items' own attributes behind them.
          on: 1 for each head that is on, else 0.
        """
        shape = self.description
        a_item = shape.heads * len(log_weight) + (len(shape.item_fields) + 4) * shape.dimension
        most = max(1, _CELLS // a_item)
        keys, values = self.keys(shared), shared @ self.tensors["values"]
        scores, attentions = [], []
        for first in range(0, shape.item_count, most):
            items = slice(first, first + most)
            logits = [self._queries[:, items] @ keys, *self._own_logits(items)]
            weights = softmax(np.concatenate(logits, axis=-1) + log_weight)
            attention = np.einsum("hck,h->ck", weights, on) / np.float32(len(on))
            z = product(attention[:, : len(shared)], values)
            for number, own in enumerate(self._own_values(items)):
                z += attention[:, len(shared) + number, None] * own
            scores.append(self._score(z, self.tensors["items"][items]))
            attentions.append(attention)
        return np.concatenate(scores), np.concatenate(attentions)

    def _own_logits(self, items: slice) -> list[Floats]:
        """Return logits of the items' own attributes, each `[head, item, 1]`."""
        found = []
        for number in range(len(self.description.item_fields)):
            keys = self.keys(self.tensors[f"item_field.{number}"])  # [head, size, code]
            own = keys[:, :, self._codes[items, number]]  # [head, size, item]
            found.append(np.einsum("hcs,hsc->hc", self._queries[:, items], own)[..., None])
        return found

    def _own_values(self, items: slice) -> list[Floats]:
        """Return values of the items' own attributes, each `[item, dimension]`."""
        return [
            (self.tensors[f"item_field.{number}"] @ self.tensors["values"])[
                self._codes[items, number]
            ]
            for number in range(len(self.description.item_fields))
        ]

    def _score(self, z: Floats, items: Floats) -> Floats:
        matched = z * items
        score = matched.sum(axis=-1)
        if self.description.scoring == "mlp":
            joined = np.concatenate([z, items, matched], axis=-1)
            hidden = product(joined, self.tensors["hidden.weight"])
            hidden = gelu(hidden + self.tensors["hidden.bias"])
            score = score + (hidden @ self.tensors["score.weight"])[:, 0]
            score += self.tensors["score.bias"][0]
        return np.asarray(score, np.float32)


@dataclass(frozen=True, eq=False)
class UserFeatureModel:
    """A feature model as one user has it.

    Attributes:
      model: the model.
      fields: code of each of the user's fields.
      neighbours: numbers of people; 0 is nobody.
    """

    model: FeatureModel
    fields: Integers
    neighbours: Integers

    @property
    def description(self) -> FeatureDescription:
        """Return what the model is."""
        return self.model.description

    @cached_property
    def features(self) -> list[str]:
        """Return what each key besides the history is."""
        shape = self.description
        people = [f"neighbour {n + 1}" for n in np.flatnonzero(self.neighbours)]
        users = [f"user: {name}" for name, _ in shape.user_fields]
        return [*users, *people, *(f"item: {name}" for name, _ in shape.item_fields)]

    @cached_property
    def _person(self) -> Floats:
        """Return embeddings of fields and neighbours, `[key, dimension]`."""
        tensors = self.model.tensors
        found = [tensors[f"user_field.{number}"][code] for number, code in enumerate(self.fields)]
        found += [tensors["people"][number] for number in self.neighbours if number]
        size = self.description.dimension
        return np.asarray(found, np.float32).reshape(-1, size)

    def predict(self, history: Sequence[int], edits: Sequence[Edit]) -> Floats:
        """Return the score of every item after each of `edits` of `history`, `[edit, item]`.

        Places of an edit's weights count the history first, then `features`.

        Raises:
          ValueError: an edit leaves nothing to attend to, or refers to what is not there.
        """
        return np.stack([self._scored(history, edit)[0] for edit in edits])

    def attention(self, history: Sequence[int], edit: Edit, item: int) -> Floats:
        """Return what `item` attends to, `[place after the edit + feature]`; NaN if not seen."""
        row, attention = self._scored(history, edit)[1:]
        found = np.full(len(row) + len(self.features), np.nan, np.float32)
        seen = attention.shape[1] - len(self.features)
        found[len(row) - seen :] = attention[item]
        return found

    def _scored(self, history: Sequence[int], edit: Edit) -> tuple[Floats, tuple[int, ...], Floats]:
        """Return scores `[item]`, the items of the history after `edit`, and attention."""
        shape, tensors = self.description, self.model.tensors
        row = edited(history, edit)
        if any(not 1 <= item < shape.item_count for item in row.items):
            raise ValueError("an item the model does not know")
        if edit.layers_off or any(not 0 <= h < shape.heads or n for n, h in edit.heads_off):
            raise ValueError("a layer or head that cannot be switched off")
        items = list(row.items[-shape.history_length :])
        weights = [*row.weights[-shape.history_length :]]
        count = len(self.features)
        weights += [edit.weights.get(len(history) + n, 1.0) for n in range(count)]
        if not any(weights):
            raise ValueError("nothing is left to attend to: keep one weight")
        placed = tensors["positions"][shape.history_length - len(items) :]
        shared = np.concatenate([tensors["items"][items] + placed, self._person])
        with np.errstate(divide="ignore"):
            logs = np.maximum(np.log(np.asarray(weights, np.float64)), -1e9).astype(np.float32)
        on = np.ones(shape.heads, np.float32)
        on[[head for _, head in edit.heads_off]] = 0
        scores, attention = self.model.forward(shared, logs, on)
        return scores, row.items, attention
