"""BERT4Rec looks both ways; FeatureAttention's z is its features' sum; all can be rebuilt."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from tensorboard_plugin_attn.capture.keras_attention import capturing
from tests.fixtures.small_models import (
    ARCHITECTURES,
    BATCH,
    ITEMS,
    LENGTH,
    inputs_of,
    model_of,
)
from training.config import ModelConfig
from training.models.feature_attention import FeatureAttention

FEATURES = ARCHITECTURES[2:]


def test_bert4rec_looks_both_ways_and_not_at_padding() -> None:
    model = model_of("bert4rec")
    with capturing() as captured:
        model(inputs_of("bert4rec"))
    first = np.asarray(captured[0].attention)[0, :, 2:]  # padded by two on the left
    assert (first[..., :2] == 0).all()
    assert (first[:, 0, 3:] > 0).all()
    assert not captured[0].causal


def test_bert4rec_predicts_at_a_mask_after_the_history() -> None:
    model, history = model_of("bert4rec"), inputs_of("bert4rec")
    scores = np.asarray(model.item_scores(history))
    assert scores.shape == (BATCH, ITEMS)  # the mask is no candidate
    other = history.copy()
    other[:, 0] = 5  # the oldest makes room for the mask
    np.testing.assert_allclose(np.asarray(model.item_scores(other)), scores, atol=1e-6)


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize("scoring", ["mlp", "dot"])
def test_z_is_the_sum_of_mean_attention_times_values(name: str, scoring: str) -> None:
    model, inputs = model_of(name, scoring=scoring), inputs_of(name)
    scores, z, attention = model.explain(inputs)
    feature = np.asarray(attention).mean(axis=1)  # [batch, candidate, key]
    shared, _ = model._shared_keys(inputs, training=False)
    own = model._own_keys(inputs["candidate"])
    values = model.attention.values
    shared_values = np.asarray(values(shared))[:, None].repeat(5, axis=1)
    v = np.concatenate([shared_values, np.asarray(values(own))], axis=2)
    expected = np.einsum("bck,bckd->bcd", feature, v)
    np.testing.assert_allclose(np.asarray(z), expected, atol=1e-5)
    if scoring == "dot":
        asked = np.asarray(model.items(inputs["candidate"]))
        np.testing.assert_allclose(np.asarray(scores), (expected * asked).sum(-1), atol=1e-4)


@pytest.mark.parametrize("name", FEATURES)
def test_similarity_is_what_it_is_called(name: str) -> None:
    model, inputs = model_of(name), inputs_of(name)
    layer = model.attention
    query = np.asarray(model.items(inputs["candidate"]))  # [batch, candidate, channel]
    key = np.asarray(model._shared_keys(inputs, training=False)[0])  # [batch, key, channel]
    found = np.asarray(layer._logits(query, key, np.zeros((BATCH, 5, 0, 8), np.float32))[0])
    for head in range(2):
        if "bilinear" in name:
            form = layer.forms.numpy()[head]
            expected = np.einsum("bce,ef,bkf->bck", query, form, key)
        else:
            projected = query @ layer.query.numpy()[:, head]
            keys = key @ layer.key.numpy()[:, head]
            expected = np.einsum("bcd,bkd->bck", projected, keys) / np.sqrt(4)
        np.testing.assert_allclose(found[:, head], expected, atol=1e-4)


def test_keys_are_named_and_attributes_are_the_candidates_own() -> None:
    model, inputs = model_of("feature_attention"), inputs_of("feature_attention")
    names = model.key_names
    _, _, attention = model.explain(inputs)
    assert len(names) == attention.shape[-1]
    assert names[:2] == [f"history -{LENGTH}", f"history -{LENGTH - 1}"]
    assert names[LENGTH:] == ["user: country", "neighbour 1", "neighbour 2", "item: shelf"]
    own = np.asarray(model._own_keys(inputs["candidate"]))[:, :, 0]
    shelves = inputs["candidate"] % 4
    np.testing.assert_array_equal(own, np.asarray(model.field_tables[1](shelves)))
    second = np.asarray(attention)[..., names.index("neighbour 2")]
    assert (second[1] == 0).all()  # there is nobody
    assert (second[0] > 0).all()


def test_only_histories_are_needed_and_every_item_is_scored_alike() -> None:
    model, inputs = model_of("feature_attention"), inputs_of("feature_attention")
    few = {"history": inputs["history"]}
    every = np.asarray(model.item_scores(few))
    np.testing.assert_allclose(np.asarray(model(few)), every, atol=1e-5)
    some = np.asarray(model({**few, "candidate": inputs["candidate"]}))
    expected = np.take_along_axis(every, inputs["candidate"], axis=1)
    np.testing.assert_allclose(some, expected, atol=1e-5)


def test_a_model_of_histories_only_has_no_other_keys() -> None:
    config = ModelConfig(
        history_length=4, dimension=8, heads=2, architecture="feature_attention", scoring="dot"
    )
    model = FeatureAttention(9, config)
    model.build()
    _, _, attention = model.explain({"history": np.array([[0, 1, 2, 3]], np.int32)})
    assert attention.shape == (1, 2, 9, 4)
    np.testing.assert_allclose(np.asarray(attention).sum(-1), 1, atol=1e-6)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_model_is_rebuilt_from_its_config_and_weights(name: str, tmp_path: Path) -> None:
    model, inputs = model_of(name), inputs_of(name)
    copy = type(model).from_config(model.get_config())
    copy.build()
    model.save_weights(tmp_path / "model.weights.h5")
    copy.load_weights(tmp_path / "model.weights.h5")
    assert copy.get_config() == model.get_config()
    np.testing.assert_array_equal(np.asarray(copy(inputs)), np.asarray(model(inputs)))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_model_is_saved_whole_by_keras(name: str, tmp_path: Path) -> None:
    model, inputs = model_of(name), inputs_of(name)
    expected = np.asarray(model(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(np.asarray(loaded(inputs)), expected, atol=1e-6)
