"""Re-weighting is what its definition says: 1 nothing, 0 a mask, renormalised, in every model."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import pytest

from tensorboard_plugin_attn.capture.keras_attention import CapturedLayer, capturing
from tests.fixtures.small_models import (
    ARCHITECTURES,
    BATCH,
    ITEMS,
    LENGTH,
    inputs_of,
    keys_of,
    model_of,
)
from training.models.attention import ReweightedAttention, per_logit


def seen(model: Any, inputs: Any, log_weight: Any = None) -> tuple[np.ndarray, list[CapturedLayer]]:
    with capturing() as captured:
        output = model(inputs, log_weight=log_weight, training=False)
    return np.asarray(output), captured


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_weight_one_changes_nothing(name: str) -> None:
    model, inputs = model_of(name), inputs_of(name)
    plain, _ = seen(model, inputs)
    weighted, _ = seen(model, inputs, np.zeros((BATCH, keys_of(name)), np.float32))
    np.testing.assert_allclose(weighted, plain, atol=1e-6)


@pytest.mark.parametrize("name", ["sasrec", "bert4rec"])
def test_weight_zero_is_masking_the_key_in_every_layer(name: str) -> None:
    model, inputs = model_of(name), inputs_of(name)
    log_weight = np.zeros((BATCH, LENGTH), np.float32)
    log_weight[:, 3] = -np.inf
    weighted, captured = seen(model, inputs, log_weight)
    mask = inputs != 0
    mask[:, 3] = False
    x = model.items(inputs) * np.sqrt(8).astype(np.float32)
    x = x + model.positions(np.arange(LENGTH))[None]
    for block in model.blocks:  # the model by hand, key 3 masked
        x = block(x, mask[:, None, :], training=False)
    np.testing.assert_allclose(weighted, np.asarray(model.norm(x)), atol=1e-6)
    for layer in captured:
        assert (np.asarray(layer.attention)[..., 3] == 0).all()
    assert np.abs(weighted - seen(model, inputs)[0])[:, -1].max() > 1e-3


@pytest.mark.parametrize("name", ["feature_attention", "feature_attention bilinear"])
def test_weight_zero_of_a_history_item_is_padding_in_its_place(name: str) -> None:
    model, inputs = model_of(name), inputs_of(name)
    log_weight = np.zeros((BATCH, keys_of(name)), np.float32)
    log_weight[:, 3] = -np.inf
    weighted, _ = seen(model, inputs, log_weight)
    masked, _ = seen(model, inputs_of(name, without=3))
    np.testing.assert_allclose(weighted, masked, atol=1e-6)


def of_every_key(layers: Sequence[CapturedLayer]) -> np.ndarray:
    """Return the first layer's attention; FeatureAttention's picture by feature is none."""
    own = [layer for layer in layers if not layer.name.endswith("by_feature")]
    return np.asarray(own[0].attention)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_first_layer_is_reweighted_as_defined_and_rows_sum_to_one(name: str) -> None:
    model, inputs = model_of(name), inputs_of(name)
    weight = np.random.default_rng(1).uniform(0, 3, (BATCH, keys_of(name))).astype(np.float32)
    weight[:, 2] = 0
    with np.errstate(divide="ignore"):
        log_weight = np.log(weight)
    _, plain = seen(model, inputs)
    _, weighted = seen(model, inputs, log_weight)
    before = of_every_key(plain)  # [batch, head, query, key]
    expected = before * weight[:, None, None, :]
    sums = expected.sum(axis=-1, keepdims=True)
    expected = np.divide(expected, sums, out=np.zeros_like(expected), where=sums > 0)
    np.testing.assert_allclose(of_every_key(weighted), expected, atol=1e-5)
    for layer in weighted:
        attention = np.asarray(layer.attention)
        visible = attention.sum(axis=-1)
        assert ((np.abs(visible - 1) < 1e-5) | (visible == 0)).all()
        assert (np.abs(visible[:, :, -1] - 1) < 1e-5).all()  # the row that predicts


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_one_head_can_be_reweighted_alone(name: str) -> None:
    model, inputs = model_of(name), inputs_of(name)
    log_weight = np.zeros((BATCH, 2, keys_of(name)), np.float32)
    log_weight[:, 1, 3] = -np.inf
    _, plain = seen(model, inputs)
    _, weighted = seen(model, inputs, log_weight)
    before, after = of_every_key(plain), of_every_key(weighted)
    np.testing.assert_allclose(after[:, 0], before[:, 0], atol=1e-6)
    assert (after[:, 1, :, 3] == 0).all()


@pytest.mark.parametrize("name", ["sasrec", "bert4rec"])
def test_scores_take_the_weights_of_the_history(name: str) -> None:
    model, history = model_of(name), inputs_of(name)
    ones = np.asarray(model.item_scores(history, np.zeros((BATCH, LENGTH), np.float32)))
    np.testing.assert_allclose(ones, np.asarray(model.item_scores(history)), atol=1e-6)
    log_weight = np.zeros((BATCH, LENGTH), np.float32)
    log_weight[:, 4] = -np.inf
    asked, moved = history, log_weight
    if name == "bert4rec":  # its last key is the appended mask: weights move with the items
        asked = np.concatenate([history[:, 1:], np.full((BATCH, 1), ITEMS)], axis=1)
        moved = np.roll(log_weight, -1, axis=1)
    hidden = np.asarray(model(asked, log_weight=moved, training=False))[:, -1]
    expected = hidden @ np.asarray(model.item_table()).T
    changed = np.asarray(model.item_scores(history, log_weight))
    np.testing.assert_allclose(changed, expected, atol=1e-5)
    assert np.abs(changed - ones).max() > 1e-3


def test_without_weights_nothing_is_built_and_keras_takes_its_own_kernel() -> None:
    layer = ReweightedAttention(2, 4)
    asked: list[bool] = []
    original = layer._compute_attention
    signature = inspect.signature(original)

    def compute(*arguments: Any, **named: Any) -> Any:
        bound = signature.bind(*arguments, **named).arguments
        asked.append(bound["return_attention_scores"])
        return original(*arguments, **named)

    layer._compute_attention = compute
    x = np.ones((1, 3, 8), np.float32)
    layer(x, x)
    layer(x, x, log_weight=np.zeros((1, 3), np.float32))
    assert asked == [False, True]
    assert layer._log_weight is None


def test_a_weight_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="1 axes: give"):
        per_logit(np.zeros(3, np.float32))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_in_half_precision_weight_zero_is_a_mask_too(policy: str) -> None:
    layer = ReweightedAttention(2, 4, dtype=policy)
    x = np.random.default_rng(0).normal(size=(1, 4, 8)).astype(np.float32)
    log_weight = np.array([[0, -np.inf, 0, -1]], np.float32)
    _, found = layer(x, x, log_weight=log_weight, return_attention_scores=True)
    attention = np.asarray(keras.ops.cast(found, "float32"))
    assert (attention[..., 1] == 0).all()
    np.testing.assert_allclose(attention.sum(axis=-1), 1, atol=0.02)
