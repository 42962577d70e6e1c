"""A model as data: what the Attention tab replays without running our code."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from tensorboard_plugin_attn.portable.description import Description


def portable(
    model: Any, attention_layers: Sequence[str]
) -> tuple[Description, dict[str, np.ndarray]]:
    """Return a `SequenceModel` as data: what `AttentionCallback(portable=...)` asks for."""
    return describe(model, attention_layers), tensors(model)


def describe(model: Any, attention_layers: Sequence[str]) -> Description:
    """Return what a `SequenceModel` is.

    Args:
      model: SASRec or BERT4Rec, built.
      attention_layers: what each block's attention is called in the log.
    """
    config = model.config
    tokens = model.items.input_dim - model.item_count
    return Description(
        item_count=model.item_count,
        token_count=tokens,
        history_length=config.history_length,
        dimension=config.dimension,
        heads=config.heads,
        layers=config.layers,
        dense_size=4 * config.dimension,
        causal=model.blocks[0].causal,
        predicts_from="mask" if tokens else "newest",
        embedding_scale=math.sqrt(config.dimension),
        attention_layers=list(attention_layers),
    )


def tensors(model: Any) -> dict[str, np.ndarray]:
    """Return the weights of a `SequenceModel`, float32, by their portable names."""
    size = model.config.dimension
    found = {
        "items": model.items.embeddings,
        "positions": model.positions.embeddings,
        **_norm(model.norm, "norm"),
    }
    for number, block in enumerate(model.blocks):
        attention, name = block.attention, f"block_{number}"
        for part, dense in (
            ("query", attention._query_dense),
            ("key", attention._key_dense),
            ("value", attention._value_dense),
            ("output", attention._output_dense),
        ):
            found[f"{name}.{part}.weight"] = ops.reshape(dense.kernel, (size, size))
            found[f"{name}.{part}.bias"] = ops.reshape(dense.bias, (size,))
        found |= _norm(block.attention_norm, f"{name}.attention_norm")
        found |= _norm(block.dense_norm, f"{name}.dense_norm")
        for part in ("widen", "narrow"):
            found[f"{name}.{part}.weight"] = getattr(block, part).kernel
            found[f"{name}.{part}.bias"] = getattr(block, part).bias
    return {
        name: np.asarray(ops.convert_to_numpy(ops.cast(each, "float32")))
        for name, each in found.items()
    }


def _norm(layer: Any, name: str) -> dict[str, Any]:
    return {f"{name}.scale": layer.gamma, f"{name}.offset": layer.beta}
