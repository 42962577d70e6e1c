"""How a score changes with each cell of attention: the backward pass of `SequenceModel`, in NumPy.

One row, several items at once. Written out by hand, so that the server needs no framework; a test
holds it against finite differences of the forward pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tensorboard_plugin_attn.portable.operations import erf, normalised, product
from tensorboard_plugin_attn.portable.sequence_model import Floats, SequenceModel, Stages

_ROOT_HALF, _ROOT_TAU = np.float32(np.sqrt(0.5)), np.float32(np.sqrt(2 * np.pi))


@dataclass(frozen=True)
class Gradient:
    """Derivatives of some items' scores in one layer, `[item, head, query, key]` each.

    Attributes:
      attention: by the attention of each cell.
      logit: by what the softmax is taken of: that of a key's log weight is its sum over queries.
    """

    attention: Floats
    logit: Floats


def gradients(
    model: SequenceModel, stages: Sequence[Stages], items: Sequence[int]
) -> list[Gradient]:
    """Return a `Gradient` per layer, from the input up.

    Args:
      model: whose forward pass `stages` are, of one row without heads or layers switched off.
      stages: as `SequenceModel.stages` returns them.
      items: numbers of the items whose scores are derived.
    """
    last = stages[-1].leaving[0]  # [place, dimension]
    flowing = np.zeros((len(items), *last.shape), np.float32)  # [item, place, dimension]
    flowing[:, -1] = _through_norm(model, last[-1], model.item_table[list(items)], "norm")
    found: list[Gradient] = []
    for number in range(len(stages) - 1, -1, -1):
        gradient, flowing = _through_block(model, stages[number], flowing, number)
        found.insert(0, gradient)
    return found


def _through_block(
    model: SequenceModel, stage: Stages, flowing: Floats, number: int
) -> tuple[Gradient, Floats]:
    """Return the layer's gradient, and what flows on to the block's input."""
    name = f"block_{number}"
    middle = stage.entering[0] + stage.output[0]  # [place, dimension]
    flowing = flowing + _through_dense(model, middle, flowing, name)
    weighted = _by_head(model, product(flowing, model.tensors[f"{name}.output.weight"].T))
    attention, value = stage.attention[0], stage.value[0]
    by_attention = weighted @ value.swapaxes(-1, -2)  # [item, head, query, key]
    inner = np.einsum("hqk,ihqk->ihq", attention, by_attention)[..., None]
    by_logit = attention * (by_attention - inner)
    scale = np.float32(1 / np.sqrt(model.description.head_size))
    joined = np.concatenate(
        [
            _joined(by_logit @ stage.key[0]),
            _joined(by_logit.swapaxes(-1, -2) @ (stage.query[0] * scale)),
            _joined(attention.swapaxes(-1, -2) @ weighted),
        ],
        axis=-1,
    )
    by_normed = product(joined, model.projection(number).T)
    entering = _through_norm(model, stage.entering[0], by_normed, f"{name}.attention_norm")
    return Gradient(by_attention, by_logit), flowing + entering


def _through_dense(model: SequenceModel, middle: Floats, flowing: Floats, name: str) -> Floats:
    tensors, shape = model.tensors, model.description
    scale, offset = tensors[f"{name}.dense_norm.scale"], tensors[f"{name}.dense_norm.offset"]
    normed = normalised(middle, scale, offset, shape.epsilon)
    before = product(normed, tensors[f"{name}.widen.weight"]) + tensors[f"{name}.widen.bias"]
    slope = _slope_of_gelu(before) if shape.activation == "gelu" else (before > 0)
    inner = product(flowing, tensors[f"{name}.narrow.weight"].T) * slope
    by_normed = product(inner, tensors[f"{name}.widen.weight"].T)
    return _through_norm(model, middle, by_normed, f"{name}.dense_norm")


def _slope_of_gelu(x: Floats) -> Floats:
    share = (1 + erf(x * _ROOT_HALF)) / 2
    return np.asarray(share + x * np.exp(-x * x / 2) / _ROOT_TAU, np.float32)


def _through_norm(model: SequenceModel, x: Floats, flowing: Floats, name: str) -> Floats:
    """Return the gradient before layer normalisation of `x [..., dimension]`."""
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.square(centred).mean(axis=-1, keepdims=True)
    deviation = np.sqrt(variance + np.float32(model.description.epsilon))
    unit = centred / deviation
    scaled = flowing * model.tensors[f"{name}.scale"]
    mean = scaled.mean(axis=-1, keepdims=True)
    along = (scaled * unit).mean(axis=-1, keepdims=True)
    return np.asarray((scaled - mean - unit * along) / deviation, np.float32)


def _by_head(model: SequenceModel, x: Floats) -> Floats:
    """Return `x [item, place, dimension]` as `[item, head, place, head_size]`."""
    items, places, _ = x.shape
    shape = model.description
    split: Floats = x.reshape(items, places, shape.heads, shape.head_size)
    return np.moveaxis(split, 1, 2)


def _joined(x: Floats) -> Floats:
    """Return `x [item, head, place, head_size]` as `[item, place, dimension]`."""
    items, heads, places, size = x.shape
    joined: Floats = x.transpose(0, 2, 1, 3).reshape(items, places, heads * size)
    return joined
