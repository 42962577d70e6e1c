"""The portable model gives what the Keras model gives, whatever is changed: random edits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorboard_plugin_attn.capture.keras_attention import capturing
from tensorboard_plugin_attn.portable.edits import Added, Edit, edited
from tensorboard_plugin_attn.portable.sequence_model import SequenceModel
from training.config import ModelConfig
from training.models import portable
from training.models.bert4rec import BERT4Rec
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
