"""The forward pass of a sequence transformer in NumPy: SASRec and BERT4Rec as data.

Histories are rows of item numbers without padding on the left of the longest: a place that every
row leaves empty is not computed. Of the last block only the place that predicts is, unless the
whole is asked for. Equal to the Keras model within 1e-4 of a score (tested on random edits).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.portable.description import Description
from tensorboard_plugin_attn.portable.edits import Edit, Edited, edited
from tensorboard_plugin_attn.portable.operations import (
    ACTIVATIONS,
    MASKED,
    normalised,
    product,
    softmax,
)

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

PADDING = 0
_LEAST_LOG_WEIGHT = -1e4  # below, a weight is 0: as in training's `ReweightedAttention`


@dataclass(frozen=True)
class Inputs:
    """Rows for one forward pass.

    Attributes:
      items: numbers, `[row, place]`, padded on the left.
      bias: added to the logits, broadcast to `[row, head, query, key]`.
      gates: of heads' outputs, `[row, layer, head]`; `None`: all 1.
      layers_on: of attention layers, `[row, layer]`; `None`: all 1.
      places: of each row, where its items stood in the unchanged history; -1 - n for added ones.
        A mask has none.
    """

    items: Integers
    bias: Floats
    gates: Floats | None = None
    layers_on: Floats | None = None
    places: Sequence[tuple[int, ...]] = ()


@dataclass(frozen=True)
class Stages:
    """Everything one block computes on its way, `[row, ...]`.

    Attributes:
      entering: what comes into the block, `[row, place, dimension]`.
      query, key, value: projections, `[row, head, place, head_size]`.
      scores: query . key, `[row, head, query, key]`.
      scaled: scores over the root of the head's size.
      masked: scaled plus mask and log weights.
      attention: softmax of masked.
      weighted: attention times values, `[row, head, query, head_size]`.
      output: heads joined and projected, `[row, query, dimension]`.
      leaving: what goes out of the block, `[row, place, dimension]`.
    """

    entering: Floats
    query: Floats
    key: Floats
    value: Floats
    scores: Floats
    scaled: Floats
    masked: Floats
    attention: Floats
    weighted: Floats
    output: Floats
    leaving: Floats


class SequenceModel:
    """Replays one checkpoint; safe to use from many threads.

    Args:
      description: what the model is.
      tensors: its weights.

    Raises:
      DescriptionError: the weights are not those of the description.
    """

    def __init__(self, description: Description, tensors: Mapping[str, Floats]) -> None:
        description.check(tensors)
        self.description = description
        self.tensors = tensors
        self._projections = [self._joined(number) for number in range(description.layers)]

    @property
    def size_bytes(self) -> int:
        """Return the memory the model holds."""
        joined = sum(weight.nbytes for weight, _ in self._projections)
        return sum(array.nbytes for array in self.tensors.values()) + joined

    @property
    def most_items(self) -> int:
        """Return how many items of a history the model sees."""
        return self.description.history_length - (self.description.predicts_from == "mask")

    def rows_at_once(self, places: int) -> int:
        """Return how many rows with `places` items can be computed together within the limits."""
        shape, width = self.description, min(places, self.most_items) + 1
        cells = width * (shape.heads * width + max(shape.dense_size, 3 * shape.dimension))
        return max(1, schema.MAX_REPLAY_CELLS // max(cells, shape.item_count))

    @cached_property
    def item_table(self) -> Floats:
        """Return the embeddings scores are products with, `[item, dimension]`."""
        return self.tensors["items"][: self.description.item_count]

    def projection(self, number: int) -> Floats:
        """Return a block's weights of query (scaled), key and value, side by side."""
        return self._projections[number][0]

    def predict(self, history: Sequence[int], edits: Sequence[Edit]) -> Floats:
        """Return the score of every item after each of `edits` of `history`, `[edit, item]`.

        Raises:
          ValueError: as `inputs`.
        """
        return self.scores(self.inputs(history, edits))

    def _joined(self, number: int) -> tuple[Floats, Floats]:
        """Return a block's query, key and value projections side by side."""
        parts = [f"block_{number}.{part}" for part in ("query", "key", "value")]
        weight = np.concatenate([self.tensors[f"{part}.weight"] for part in parts], axis=1)
        bias = np.concatenate([self.tensors[f"{part}.bias"] for part in parts])
        scale = np.float32(1 / np.sqrt(self.description.head_size))
        size = self.description.dimension
        weight[:, :size] *= scale  # of queries: cheaper than scaling logits
        bias[:size] *= scale
        return weight, bias

    def inputs(self, history: Sequence[int], edits: Sequence[Edit]) -> Inputs:
        """Return a row for each of `edits` of `history`.

        Raises:
          ValueError: an edit leaves nothing to attend to, or refers to what is not there.
        """
        rows = [edited(history, edit) for edit in edits]
        for row, edit in zip(rows, edits, strict=True):
            self._check(row, edit)
        kept = [self._cropped(row) for row in rows]
        asks = self.description.predicts_from == "mask"
        width = max(len(row.items) for row in kept) + asks
        items = np.zeros((len(rows), width), np.int64)
        log_weight = np.zeros((len(rows), width), np.float32)
        for number, row in enumerate(kept):
            filled = slice(width - asks - len(row.items), width - asks)
            items[number, filled] = row.items
            with np.errstate(divide="ignore"):
                log_weight[number, filled] = np.log(np.asarray(row.weights, np.float64))
        if asks:
            items[:, -1] = self.description.item_count
        return Inputs(
            items,
            self._bias(items, log_weight),
            self._gates(edits),
            self._layers_on(edits),
            [row.places for row in kept],
        )

    def _check(self, row: Edited, edit: Edit) -> None:
        shape = self.description
        if not row.items or (shape.predicts_from == "newest" and not any(row.weights)):
            raise ValueError("nothing is left to attend to: keep one item with a weight")
        if min(row.items) < 1 or max(row.items) >= shape.item_count:
            raise ValueError("an item the model does not know")
        heads = [layer for layer, head in edit.heads_off if not 0 <= head < shape.heads]
        layers = [*edit.layers_off, *(layer for layer, _ in edit.heads_off)]
        if heads or any(not 0 <= layer < shape.layers for layer in layers):
            raise ValueError("a layer or head the model does not have")

    def _cropped(self, row: Edited) -> Edited:
        """Return the newest items of `row`, as many as the model sees."""
        most = self.most_items
        return Edited(row.items[-most:], row.weights[-most:], row.places[-most:])

    def _bias(self, items: Integers, log_weight: Floats) -> Floats:
        """Return what rules out padding, the future and keys of weight 0, and re-weights others."""
        width = items.shape[1]
        causal = np.zeros((1, 1, width, width), np.float32)
        if self.description.causal:
            causal[..., ~np.tri(width, dtype=bool)] = MASKED
        ruled_out = (items == PADDING) | (log_weight <= _LEAST_LOG_WEIGHT)
        if not ruled_out.any() and not log_weight.any():
            return causal
        keys = np.where(ruled_out, MASKED, log_weight)[:, None, None, :]
        return np.asarray(np.maximum(causal + keys, MASKED), np.float32)

    def _gates(self, edits: Sequence[Edit]) -> Floats | None:
        if not any(edit.heads_off for edit in edits):
            return None
        shape = self.description
        gates = np.ones((len(edits), shape.layers, shape.heads), np.float32)
        for row, edit in zip(gates, edits, strict=True):
            for layer, head in edit.heads_off:
                row[layer, head] = 0
        return gates

    def _layers_on(self, edits: Sequence[Edit]) -> Floats | None:
        if not any(edit.layers_off for edit in edits):
            return None
        on = np.ones((len(edits), self.description.layers), np.float32)
        for row, edit in zip(on, edits, strict=True):
            row[list(edit.layers_off)] = 0
        return on

    def final(self, inputs: Inputs) -> Floats:
        """Return what scores are products with, `[row, dimension]`."""
        x = self._embedded(inputs)
        for number in range(self.description.layers):
            x = self._block(x, inputs, number, last_only=number == self.description.layers - 1)
        return self._normalised(x[:, -1], "norm")

    def scores(self, inputs: Inputs) -> Floats:
        """Return the score of every item, `[row, item]`, padding (0) included."""
        final = self.final(inputs)
        return np.ascontiguousarray(product(self.item_table, np.ascontiguousarray(final.T)).T)

    def stages(self, inputs: Inputs) -> list[Stages]:
        """Return everything every block computes, from the input up."""
        return list(self._stages(inputs))

    def _stages(self, inputs: Inputs) -> Iterator[Stages]:
        x = self._embedded(inputs)
        for number in range(self.description.layers):
            found = self._staged(x, inputs, number)
            x = found.leaving
            yield found

    def _embedded(self, inputs: Inputs) -> Floats:
        """Return `[row, place, dimension]`."""
        width = inputs.items.shape[1]
        x = self.tensors["items"][inputs.items] * np.float32(self.description.embedding_scale)
        x += self.tensors["positions"][self.description.history_length - width :]
        return np.asarray(x, np.float32)

    def _projected(self, x: Floats, number: int) -> Floats:
        """Return `[part, row, head, place, head_size]` of query (scaled), key and value."""
        rows, width, size = x.shape
        weight, bias = self._projections[number]
        normed = self._normalised(x, f"block_{number}.attention_norm")
        joined = product(normed.reshape(-1, size), weight)
        joined += bias
        split = joined.reshape(rows, width, 3, self.description.heads, self.description.head_size)
        return np.ascontiguousarray(split.transpose(2, 0, 3, 1, 4))

    def _block(self, x: Floats, inputs: Inputs, number: int, *, last_only: bool) -> Floats:
        """Return `x` after a block; with `last_only` of its last place alone."""
        query, key, value = self._projected(x, number)
        bias = inputs.bias
        if last_only:
            query, bias, x = query[:, :, -1:], bias[:, :, -1:], x[:, -1:]
        logits = query @ key.swapaxes(-1, -2)
        logits += bias
        return self._after_attention(x, softmax(logits) @ value, inputs, number)[1]

    def _after_attention(
        self, x: Floats, weighted: Floats, inputs: Inputs, number: int
    ) -> tuple[Floats, Floats]:
        """Return the attention's output, and `x` after the block, `[row, place, dimension]`."""
        if inputs.gates is not None:
            weighted = weighted * inputs.gates[:, number, :, None, None]
        rows, _, places, _ = weighted.shape
        size, name = self.description.dimension, f"block_{number}"
        joined = weighted.transpose(0, 2, 1, 3).reshape(-1, size)
        output = product(joined, self.tensors[f"{name}.output.weight"])
        output += self.tensors[f"{name}.output.bias"]
        output = output.reshape(rows, places, size)
        if inputs.layers_on is not None:
            output *= inputs.layers_on[:, number, None, None]
        x = x + output
        return output, x + self._dense(x, name)

    def _dense(self, x: Floats, name: str) -> Floats:
        normed = self._normalised(x, f"{name}.dense_norm").reshape(-1, x.shape[-1])
        inner = product(normed, self.tensors[f"{name}.widen.weight"])
        inner += self.tensors[f"{name}.widen.bias"]
        inner = ACTIVATIONS[self.description.activation](inner)
        outer = product(inner, self.tensors[f"{name}.narrow.weight"])
        outer += self.tensors[f"{name}.narrow.bias"]
        return np.asarray(outer.reshape(x.shape), np.float32)

    def _normalised(self, x: Floats, name: str) -> Floats:
        scale, offset = self.tensors[f"{name}.scale"], self.tensors[f"{name}.offset"]
        return normalised(x, scale, offset, self.description.epsilon)

    def _staged(self, x: Floats, inputs: Inputs, number: int) -> Stages:
        scale = np.float32(np.sqrt(self.description.head_size))
        query, key, value = self._projected(x, number)
        scaled = query @ key.swapaxes(-1, -2)
        masked = scaled + inputs.bias
        attention = softmax(masked.copy())
        weighted = attention @ value
        output, leaving = self._after_attention(x, weighted, inputs, number)
        return Stages(
            x, query * scale, key, value, scaled * scale, scaled, masked, attention, weighted,
            output, leaving,
        )  # fmt: skip
