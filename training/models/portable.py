"""A model as data: what the Attention tab replays without running our code."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops

from tensorboard_plugin_attn.portable.description import Description
from tensorboard_plugin_attn.portable.feature_description import FeatureDescription, clipped
from training.datasets.domain import PLAIN, Words
from training.models.feature_spec import feature_names

EVERY_KEY = "target_attention"
USER_VECTORS = ("user_numbers", "said")  # in the order of the model's keys


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
    model: Any,
    attention_layers: Sequence[str],
    inputs: Mapping[str, np.ndarray],
    words: Words = PLAIN,
) -> tuple[FeatureDescription, dict[str, np.ndarray]]:
    """Return a `FeatureAttention` as data, with what the cohort's users are to it.

    Args:
      model: built.
      attention_layers: what its attention is called in the log.
      inputs: of the cohort, as the model is called with them.
      words: what the domain calls the features.
    """
    config, spec = model.config, model.spec
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
        users=len(inputs["history"]),
        # `by_feature` is the same attention with the history as one key: a picture, not a layer.
        attention_layers=[name for name in attention_layers if name.endswith(EVERY_KEY)],
        user_vectors=[name for name in USER_VECTORS if name in model.vectors],
        item_vectors=list(model.item_vectors),
        names=clipped(feature_names(spec, words)),
    )
    attention = model.attention
    found = {
        "items": model.items.embeddings,
        "positions": model.positions.embeddings,
        "people": np.zeros((max(1, spec.people), config.dimension))
        if model.people is None
        else model.people.embeddings,
        "item_codes": model.item_codes,
        "values": attention.values.kernel,
        **_of_users(model, description, inputs),
    }
    names = [f"user_field.{n}" for n in range(len(spec.user_fields))]
    names += [f"item_field.{n}" for n in range(len(spec.item_fields))]
    found |= {name: table.embeddings for name, table in zip(names, model.field_tables, strict=True)}
    for number, (name, table) in enumerate(model.item_vectors.items()):
        found[f"item_vector.{number}"] = model.vectors[name](table)
    if config.similarity == "bilinear":
        found["forms"] = attention.forms
    else:
        found |= {"query": attention.query, "key": attention.key}
    if config.scoring == "mlp":
        found |= {"hidden.weight": model.hidden.kernel, "hidden.bias": model.hidden.bias}
        found |= {"score.weight": model.score.kernel, "score.bias": model.score.bias}
    return description, {name: _floats(each) for name, each in found.items()}


def _of_users(
    model: Any, description: FeatureDescription, inputs: Mapping[str, np.ndarray]
) -> dict[str, Any]:
    """Return the tensors that are the cohort's users': codes, vectors as keys, neighbours."""
    spec, users = model.spec, description.users
    fields = [inputs.get(name, np.zeros(users)) for name in spec.user_fields]
    found = {
        "users.fields": np.reshape(np.stack(fields, 1) if fields else [], (users, len(fields))),
        "users.neighbours": inputs.get("neighbours", np.zeros((users, spec.neighbours))),
    }
    for number, name in enumerate(description.user_vectors):
        layer = model.vectors[name]
        given = inputs.get(name, np.zeros((users, layer.kernel.shape[0])))
        found[f"users.vector.{number}"] = layer(ops.cast(given, "float32"))
    return found


def _floats(array: Any) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(ops.cast(array, "float32")))
