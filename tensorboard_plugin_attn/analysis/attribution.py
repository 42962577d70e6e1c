"""How much each place of the history is said to matter, by what the model computes on its way.

None of these takes anything away, so each is a claim, which `faithfulness` compares with the effect
of really deleting. Definitions: docs/attention_is_not_explanation.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.analysis.rollout import rollout
from tensorboard_plugin_attn.portable.gradients import gradients
from tensorboard_plugin_attn.portable.sequence_model import Inputs, SequenceModel, Stages

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Claims:
    """What is claimed of each place of one user's history; 0 where the model does not see it.

    Attributes:
      by_layer: attention of the place that predicts, mean over heads, `[layer, place]`.
      rollout: attention of all layers joined (Abnar & Zuidema 2020), `[place]`.
      value_norm: size of the last layer's weighted values after projection (Kobayashi et al. 2020),
        `[place]`.
      value_size: size of the last layer's values, mean over heads, `[place]`.
      gradient: positive part of attention times gradient, summed over layers, heads and queries,
        `[item, place]`.
      contribution: what each place's weighted value adds to a score through the residual stream,
        with the last normalisation held fixed, `[item, place]`.
      elsewhere: attention of each layer on what is no item of the history, `[layer]`.
    """

    by_layer: Floats
    rollout: Floats
    value_norm: Floats
    value_size: Floats
    gradient: Floats
    contribution: Floats
    elsewhere: Floats


def claims(
    model: SequenceModel, inputs: Inputs, items: Sequence[int], places: int, row: int = 0
) -> Claims:
    """Return what the model's computation claims for the scores of `items`.

    Args:
      model: the model.
      inputs: one row, nothing switched off.
      items: numbers of items.
      places: length of the history.
      row: which row of `inputs`.
    """
    stages = model.stages(inputs)
    spread = _Spread(inputs.places[row], places, inputs.items.shape[1], model)
    last = stages[-1]
    rows = np.stack([stage.attention[row, :, -1].mean(axis=0) for stage in stages])
    joint = rollout(stage.attention[row] for stage in stages)[-1].astype(np.float32)
    weighted = _weighted_values(model, last, row)  # [key, dimension]
    by_layer = spread(rows)
    return Claims(
        by_layer=by_layer,
        rollout=spread(joint),
        value_norm=spread(np.linalg.norm(weighted, axis=-1)),
        value_size=spread(np.linalg.norm(last.value[row], axis=-1).mean(axis=0)),
        gradient=spread(attention_gradient(model, stages, items)),
        contribution=spread(_contribution(model, last, weighted, items, row)),
        elsewhere=1 - by_layer.sum(axis=-1),
    )


def attention_gradient(
    model: SequenceModel, stages: Sequence[Stages], items: Sequence[int]
) -> Floats:
    """Return the positive part of attention x gradient by key, `[item, key]`."""
    cells = stages[0].attention[0].size * len(stages)  # of one item
    most = max(1, schema.MAX_REPLAY_CELLS // cells)
    found = np.zeros((len(items), stages[0].attention.shape[-1]), np.float32)
    for first in range(0, len(items), most):
        some = items[first : first + most]
        for stage, gradient in zip(stages, gradients(model, stages, some), strict=True):
            product = stage.attention[0] * gradient.attention
            found[first : first + most] += np.maximum(product, 0, out=product).sum(axis=(1, 2))
    return found


def _weighted_values(model: SequenceModel, last: Stages, row: int) -> Floats:
    """Return `sum_h a_h O_h v_h` of the place that predicts, `[key, dimension]`."""
    shape = model.description
    output = model.tensors[f"block_{shape.layers - 1}.output.weight"]
    by_head = output.reshape(shape.heads, shape.head_size, shape.dimension)
    attention, value = last.attention[row, :, -1], last.value[row]
    return np.asarray(np.einsum("hk,hks,hsd->kd", attention, value, by_head, optimize=True))


def _contribution(
    model: SequenceModel, last: Stages, weighted: Floats, items: Sequence[int], row: int
) -> Floats:
    """Return `[item, key]`; over keys they sum to what the layer's heads add directly."""
    final = last.leaving[row, -1]
    deviation = np.sqrt(final.var() + model.description.epsilon)
    centred = weighted - weighted.mean(axis=-1, keepdims=True)
    scaled = centred * model.tensors["norm.scale"] / deviation
    return np.asarray(model.item_table[list(items)] @ scaled.T, np.float32)


def by_method(found: Claims) -> dict[str, Floats]:
    """Return claims for the first item by the name of the method."""
    return {
        "attention": found.by_layer[-1],
        "attention_layer_mean": found.by_layer.mean(axis=0),
        "rollout": found.rollout,
        "value_norm": found.value_norm,
        "contribution": found.contribution[0],
        "attention_gradient": found.gradient[0],
    }


@dataclass(frozen=True)
class _Spread:
    """Puts values of keys where their items stand in the history."""

    at: tuple[int, ...]  # where each key that is an item stands
    places: int
    width: int
    model: SequenceModel

    def __call__(self, values: Floats) -> Floats:
        """Return `values [..., key]` as `[..., place]`."""
        asks = self.model.description.predicts_from == "mask"
        first = self.width - asks - len(self.at)
        found = np.zeros((*values.shape[:-1], self.places), np.float32)
        found[..., list(self.at)] = values[..., first : self.width - asks]
        return found
