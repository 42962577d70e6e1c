"""A model as data: what the Attention tab replays without running our code."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops

from tensorboard_plugin_attn.portable.description import Description
from tensorboard_plugin_attn.portable.feature_description import FeatureDescription


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
    return {name: _floats(each) for name, each in found.items()}


def _norm(layer: Any, name: str) -> dict[str, Any]:
    return {f"{name}.scale": layer.gamma, f"{name}.offset": layer.beta}


def portable_features(
    model: Any, attention_layers: Sequence[str], inputs: Mapping[str, np.ndarray]
) -> tuple[FeatureDescription, dict[str, np.ndarray]]:
    """Return a `FeatureAttention` as data, with the fields and neighbours of the cohort.

    Args:
      model: built.
      attention_layers: what its attention is called in the log.
      inputs: of the cohort, as the model is called with them.
    """
    config, spec, users = model.config, model.spec, len(inputs["history"])
    description = FeatureDescription(
        item_count=model.item_count,
        history_length=config.history_length,
        dimension=config.dimension,
        heads=config.heads,
        similarity=config.similarity,
        scoring=config.scoring,
        user_fields=[list(each) for each in spec.user_fields.items()],
        item_fields=[list(each) for each in spec.item_fields.items()],
        neighbours=spec.neighbours,
        people=spec.people,
        users=users,
        attention_layers=list(attention_layers),
    )
    nothing = np.zeros(users)
    fields = [inputs.get(name, nothing) for name in spec.user_fields]
    attention = model.attention
    found = {
        "items": model.items.embeddings,
        "positions": model.positions.embeddings,
        "people": model.people.embeddings,
        "item_codes": model.item_codes,
        "values": attention.values.kernel,
        "users.fields": np.reshape(np.stack(fields, 1) if fields else [], (users, len(fields))),
        "users.neighbours": inputs.get("neighbours", np.zeros((users, spec.neighbours))),
    }
    names = [f"user_field.{n}" for n in range(len(spec.user_fields))]
    names += [f"item_field.{n}" for n in range(len(spec.item_fields))]
    found |= {name: table.embeddings for name, table in zip(names, model.field_tables, strict=True)}
    if config.similarity == "bilinear":
        found["forms"] = attention.forms
    else:
        found |= {"query": attention.query, "key": attention.key}
    if config.scoring == "mlp":
        found |= {"hidden.weight": model.hidden.kernel, "hidden.bias": model.hidden.bias}
        found |= {"score.weight": model.score.kernel, "score.bias": model.score.bias}
    return description, {name: _floats(each) for name, each in found.items()}


def _floats(array: Any) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(ops.cast(array, "float32")))
