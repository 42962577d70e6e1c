"""The portable model gives what the Keras model gives, whatever is changed: random edits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorboard_plugin_attn.capture.keras_attention import capturing
from tensorboard_plugin_attn.portable.edits import Added, Edit, edited
from tensorboard_plugin_attn.portable.feature_model import FeatureModel, UserFeatureModel
from tensorboard_plugin_attn.portable.sequence_model import SequenceModel
from training.config import ModelConfig
from training.models import portable
from training.models.bert4rec import BERT4Rec
from training.models.feature_attention import FeatureAttention, FeatureSpec
from training.models.sasrec import SASRec

ITEMS = 40
LENGTH = 12
SHAPE = ModelConfig(history_length=LENGTH, dimension=16, heads=2, layers=2, dropout=0.2)
MODELS = {"sasrec": SASRec, "bert4rec": BERT4Rec}
TOLERANCE = 1e-4


@cache
def keras_model(architecture: str) -> Any:
    """Return a model whose every weight is far from its start: no norm is the identity."""
    keras.utils.set_random_seed(2)
    model = MODELS[architecture](ITEMS, SHAPE)
    model(np.ones((1, LENGTH), np.int32))
    random = np.random.default_rng(3)
    for weight in model.trainable_weights:
        weight.assign(np.asarray(weight) + random.normal(0, 0.3, weight.shape))
    return model


@cache
def replayed(architecture: str) -> SequenceModel:
    model = keras_model(architecture)
    names = [f"block_{number}/attention" for number in range(SHAPE.layers)]
    return SequenceModel(portable.describe(model, names), portable.tensors(model))


def keras_scores(architecture: str, history: Sequence[int], edit: Edit) -> Any:
    """Return the Keras model's scores after `edit`, through its own arguments and gates."""
    model = keras_model(architecture)
    row = edited(history, edit)
    items = np.zeros((1, LENGTH), np.int32)
    log_weight = np.zeros((1, LENGTH), np.float32)
    kept, weights = row.items[-LENGTH:], np.array(row.weights[-LENGTH:])
    items[0, LENGTH - len(kept) :] = kept
    with np.errstate(divide="ignore"):
        log_weight[0, LENGTH - len(kept) :] = np.log(weights)
    called = iter(range(SHAPE.layers))

    def gate(output: Any, _: Any) -> tuple[Any, Any]:
        layer = next(called)
        gates = np.array([(layer, head) not in edit.heads_off for head in range(SHAPE.heads)])
        return output * gates[None, None, :, None], None

    kept_call = [block.attention.call for block in model.blocks]
    for layer in edit.layers_off:
        off = model.blocks[layer].attention
        off.call = lambda *args, _call=kept_call[layer], **kwargs: 0 * _call(*args, **kwargs)
    try:
        with capturing(gate):
            return np.asarray(model.item_scores(items, log_weight))[0]
    finally:
        for block, call in zip(model.blocks, kept_call, strict=True):
            block.attention.call = call


weights = st.one_of(st.just(0.0), st.floats(0.01, 4.0), st.just(1.0))
histories = st.lists(st.integers(1, ITEMS - 1), min_size=2, max_size=LENGTH + 3)


@st.composite
def edits(draw: Any, history: list[int]) -> Edit:
    places = st.integers(0, len(history) - 1)
    added = st.builds(Added, st.integers(0, len(history)), st.integers(1, ITEMS - 1), weights)
    return Edit(
        deleted=frozenset(draw(st.sets(places, max_size=len(history) - 1))),
        weights=draw(st.dictionaries(places, weights, max_size=4)),
        added=draw(st.lists(added, max_size=2)),
        heads_off=frozenset(draw(st.sets(st.tuples(st.integers(0, 1), st.integers(0, 1))))),
        layers_off=frozenset(draw(st.sets(st.integers(0, 1)))),
    )


def attends(architecture: str, history: list[int], edit: Edit) -> bool:
    """Tell whether the newest places that the model sees have something to attend to."""
    return architecture == "bert4rec" or any(edited(history, edit).weights[-LENGTH:])


@pytest.mark.parametrize("architecture", MODELS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_it_is_the_keras_model_whatever_is_changed(architecture: str, data: Any) -> None:
    history = data.draw(histories)
    edit = data.draw(edits(history))
    if not attends(architecture, history, edit):
        return
    model = replayed(architecture)
    ours = model.scores(model.inputs(history, [edit]))[0]
    theirs = keras_scores(architecture, history, edit)
    np.testing.assert_allclose(ours, theirs, atol=TOLERANCE * max(1, np.abs(theirs).max()))


SPEC = FeatureSpec({"shelf": 4, "brand": 5}, {"country": 3}, neighbours=2, people=6)
PERSON = {"country": np.array([2], np.int32), "neighbours": np.array([[4, 0]], np.int32)}


@cache
def feature_model(similarity: str, scoring: str) -> Any:
    keras.utils.set_random_seed(4)
    random = np.random.default_rng(5)
    codes = {name: random.integers(0, count, ITEMS) for name, count in SPEC.item_fields.items()}
    config = replace(
        SHAPE, architecture="feature_attention", similarity=similarity, scoring=scoring
    )
    model = FeatureAttention(ITEMS, config, spec=SPEC, item_codes=codes)
    model.build()
    model({"history": np.ones((1, LENGTH), np.int32), **PERSON})
    for weight in model.trainable_weights:
        weight.assign(np.asarray(weight) + random.normal(0, 0.2, weight.shape))
    return model


@cache
def replayed_features(similarity: str, scoring: str) -> UserFeatureModel:
    model = feature_model(similarity, scoring)
    inputs = {"history": np.zeros((1, LENGTH), np.int32), **PERSON}
    found = portable.portable_features(model, ["target_attention"], inputs)
    return FeatureModel(*found).of_user(0)


@pytest.mark.parametrize("similarity", ["scaled_dot_product", "bilinear"])
@pytest.mark.parametrize("scoring", ["mlp", "dot"])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_features_are_the_keras_model_whatever_is_changed(
    similarity: str, scoring: str, data: Any
) -> None:
    history = data.draw(histories)
    edit = replace(data.draw(edits(history)), heads_off=frozenset(), layers_off=frozenset())
    model = replayed_features(similarity, scoring)
    of_features = data.draw(st.dictionaries(st.integers(0, 3), weights, max_size=3))
    assert model.features == ["user: country", "neighbour 1", "item: shelf", "item: brand"]
    changed = {**edit.weights, **{len(history) + n: w for n, w in of_features.items()}}
    edit = replace(edit, weights=changed)
    row = edited(history, edit)
    kept = min(len(row.items), LENGTH)
    items = np.zeros((1, LENGTH), np.int32)
    log_weight = np.zeros((1, LENGTH + 5), np.float32)
    own = [of_features.get(n, 1.0) for n in range(4)]
    with np.errstate(divide="ignore"):
        if kept:
            items[0, -kept:] = row.items[-kept:]
            log_weight[0, LENGTH - kept : LENGTH] = np.log(row.weights[-kept:])
        log_weight[0, LENGTH:] = np.log([own[0], own[1], 1.0, own[2], own[3]])
    if not any([*row.weights[-LENGTH:], *own]):
        return
    theirs = np.asarray(
        feature_model(similarity, scoring).item_scores({"history": items, **PERSON}, log_weight)
    )
    ours = model.predict(history, [edit])
    np.testing.assert_allclose(ours, theirs, atol=TOLERANCE * max(1, np.abs(theirs).max()))
