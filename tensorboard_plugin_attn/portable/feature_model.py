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
from tensorboard_plugin_attn.portable.operations import gelu, softmax

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
        own = self._own_values.nbytes + self._own_logits.nbytes + self._queries.nbytes
        return own + sum(array.nbytes for array in self.tensors.values())

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

    @cached_property
    def _own_logits(self) -> Floats:
        """Return logits of the items' own attributes, `[head, item, field]`."""
        shape = self.description
        found = np.zeros((shape.heads, shape.item_count, len(shape.item_fields)), np.float32)
        for number in range(len(shape.item_fields)):
            keys = self.keys(self.tensors[f"item_field.{number}"])  # [head, size, code]
            own = keys[:, :, self._codes[:, number]]  # [head, size, item]
            found[:, :, number] = np.einsum("hcs,hsc->hc", self._queries, own)
        return found

    @cached_property
    def _own_values(self) -> Floats:
        """Return values of the items' own attributes, `[item, field, dimension]`."""
        shape = self.description
        found = np.zeros((shape.item_count, len(shape.item_fields), shape.dimension), np.float32)
        for number in range(len(shape.item_fields)):
            values = self.tensors[f"item_field.{number}"] @ self.tensors["values"]
            found[:, number] = values[self._codes[:, number]]
        return found

    def attention(
        self, shared: Floats, log_weight: Floats, own_log_weight: Floats, on: Floats
    ) -> Floats:
        """Return every item's attention, mean over heads, `[item, key]`, own attributes last.

        Args:
          shared: embeddings of the keys all items share, `[key, dimension]`.
          log_weight: of these keys.
          own_log_weight: of the attributes, by field.
          on: 1 for each head that is on, else 0.
        """
        logits = self._queries @ self.keys(shared) + log_weight
        both = np.concatenate([logits, self._own_logits + own_log_weight], axis=-1)
        weights = softmax(both.astype(np.float32, copy=False))
        return np.asarray(np.einsum("hck,h->ck", weights, on) / len(on), np.float32)

    def score(self, attention: Floats, shared: Floats) -> Floats:
        """Return every item's score, `[item]`, from its attention."""
        count, items = len(shared), self.tensors["items"]
        z = attention[:, :count] @ (shared @ self.tensors["values"])
        z += np.einsum("cf,cfd->cd", attention[:, count:], self._own_values)
        product = z * items
        score = product.sum(axis=-1)
        if self.description.scoring == "mlp":
            joined = np.concatenate([z, items, product], axis=-1)
            hidden = gelu(joined @ self.tensors["hidden.weight"] + self.tensors["hidden.bias"])
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
        attention = self.model.attention(shared, logs[: len(shared)], logs[len(shared) :], on)
        return self.model.score(attention, shared), row.items, attention
