"""FeatureAttention's vectors: texts and numbers are keys like others, named, saved and loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tensorboard_plugin_attn.capture.keras_attention import capturing
from tests.fixtures.small_models import ITEMS, LENGTH, SPEC, inputs_of
from training.config import LossConfig, ModelConfig
from training.datasets import support
from training.datasets.dataset import Loading
from training.datasets.domain import Words
from training.features.hashing import HashingEncoder
from training.models.build import build
from training.models.feature_attention import FeatureAttention
from training.models.feature_spec import (
    LARGEST,
    FeatureSpec,
    feature_names,
    item_tables,
    user_inputs,
)
from training.preprocessing.features import Features
from training.task import Task

RICH = replace(SPEC, item_text=5, item_numbers=("price",), user_numbers=("age", "visits"), said=3)
CONFIG = ModelConfig(
    history_length=LENGTH, dimension=8, heads=2, dropout=0.0, architecture="feature_attention"
)


def model_of(spec: FeatureSpec = RICH) -> FeatureAttention:
    """Return a model with weights that are not next to nothing."""
    keras.utils.set_random_seed(3)
    random = np.random.default_rng(3)
    items = {
        "shelf": np.arange(ITEMS) % 4,
        "item_text": random.normal(size=(ITEMS, 5)).astype(np.float32),
        "item_numbers": random.normal(size=(ITEMS, 1)).astype(np.float32),
    }
    model: Any = build(ITEMS, CONFIG, LossConfig(negatives=4), spec=spec, item_codes=items)
    for weight in model.trainable_weights:
        weight.assign(weight.numpy() + random.normal(0, 0.3, weight.shape))
    return model


@pytest.fixture(scope="module")
def model() -> FeatureAttention:
    return model_of()


@pytest.fixture(scope="module")
def inputs() -> dict[str, np.ndarray]:
    random = np.random.default_rng(5)
    return {
        **inputs_of("feature_attention"),
        "user_numbers": random.normal(size=(3, 2)).astype(np.float32),
        "said": random.normal(size=(3, 3)).astype(np.float32),
    }


def test_keys_stand_in_the_order_of_their_names(
    model: FeatureAttention, inputs: dict[str, np.ndarray]
) -> None:
    _, _, attention = model.explain(inputs)
    words = Words("song", "songs", "listener", "listeners", "play", neighbour="friend")
    names = feature_names(RICH, words)
    assert names == [
        "listener: country",
        "listener: age, visits, scaled",
        "this play: text",
        "friend 1",
        "friend 2",
        "song: shelf",
        "song: text",
        "song: price, scaled",
    ]
    assert attention.shape[-1] == LENGTH + len(names) == LENGTH + RICH.shared_keys + RICH.own_keys
    changes = {"user_numbers": "listener: age, visits, scaled", "said": "this play: text"}
    before = np.asarray(attention)
    for name, key in changes.items():
        after = np.asarray(model.explain({**inputs, name: inputs[name] + 1})[2])
        # Odds between two other keys stay; those against the changed key do not.
        place = LENGTH + names.index(key)
        others = [LENGTH, LENGTH + names.index("song: text")]
        odds = [found[..., others[0]] / found[..., others[1]] for found in (before, after)]
        np.testing.assert_allclose(*odds, rtol=1e-3)
        assert np.abs(after[..., place] - before[..., place]).max() > 1e-3


def test_texts_and_numbers_of_items_are_the_candidates_own(
    model: FeatureAttention, inputs: dict[str, np.ndarray]
) -> None:
    own = np.asarray(model._own_keys(inputs["candidate"]))
    for place, name in ((1, "item_text"), (2, "item_numbers")):
        table = np.asarray(model.item_vectors[name])[inputs["candidate"]]
        expected = np.asarray(model.vectors[name](table))
        np.testing.assert_allclose(own[:, :, place], expected, atol=1e-5)


def test_z_is_still_the_sum_of_mean_attention_times_values(
    model: FeatureAttention, inputs: dict[str, np.ndarray]
) -> None:
    _, z, attention = model.explain(inputs)
    shared, _ = model._shared_keys(inputs, training=False)
    own = model._own_keys(inputs["candidate"])
    weights = np.asarray(attention).mean(axis=1)  # [batch, candidate, key]
    values = [np.asarray(model.attention.values(each)) for each in (shared, own)]
    count = values[0].shape[1]
    expected = np.einsum("bck,bkd->bcd", weights[..., :count], values[0])
    expected += np.einsum("bck,bckd->bcd", weights[..., count:], values[1])
    np.testing.assert_allclose(np.asarray(z), expected, atol=1e-5)


def test_one_picture_is_the_other_with_its_history_added_up(
    model: FeatureAttention, inputs: dict[str, np.ndarray]
) -> None:
    with capturing() as captured:
        model(inputs)
    by_feature, every_key = (np.asarray(layer.attention) for layer in captured)
    assert [layer.name.split("/")[-1] for layer in captured] == ["by_feature", "target_attention"]
    np.testing.assert_allclose(by_feature[..., 0], every_key[..., :LENGTH].sum(axis=-1), atol=1e-6)
    np.testing.assert_array_equal(by_feature[..., 1:], every_key[..., LENGTH:])


def test_weights_and_tables_come_back_from_a_file(
    model: FeatureAttention, inputs: dict[str, np.ndarray], tmp_path: Path
) -> None:
    model.save_weights(tmp_path / "all.weights.h5")
    other: Any = build(ITEMS, CONFIG, LossConfig(negatives=4), spec=RICH)
    assert not np.asarray(other.item_vectors["item_text"]).any()
    other.load_weights(tmp_path / "all.weights.h5")
    np.testing.assert_allclose(other.item_scores(inputs), model.item_scores(inputs), atol=1e-5)
    again = FeatureAttention.from_config(model.get_config())
    assert again.spec == RICH


def test_tables_are_not_trained(model: FeatureAttention) -> None:
    trained = {id(weight) for weight in model.trainable_weights}
    assert all(id(table) not in trained for table in model.item_vectors.values())
    assert len(model.weights) == len({id(weight) for weight in model.weights})


def features(dense: np.ndarray, names: tuple[str, ...]) -> Features:
    return Features({}, {}, {}, {}, item_dense=dense, item_dense_names=names,
                    user_dense=dense, user_dense_names=names)  # fmt: skip


def test_numbers_are_cut_and_categories_are_no_numbers() -> None:
    dense = np.array([[0, 0], [1000, 1], [-2, 1]], np.float32)
    found = features(dense, ("price", "group=a"))
    spec = FeatureSpec.of(found)
    assert (spec.item_numbers, spec.user_numbers) == (("price",), ("price",))
    expected = np.array([[0], [LARGEST], [-2]], np.float32)
    np.testing.assert_array_equal(item_tables(found)["item_numbers"], expected)
    np.testing.assert_array_equal(user_inputs(found, [2])["user_numbers"], expected[[2]])
    none = features(dense[:, 1:], ("group=a",))
    assert FeatureSpec.of(none) == FeatureSpec()
    assert "item_numbers" not in item_tables(none)


def test_what_is_said_is_that_of_the_item_that_is_asked_for() -> None:
    data = support.load(None, Loading(text_encoder=HashingEncoder(16), max_users=30))
    task = Task(data.interactions, data.split, data.features, data.domain)
    texts, said = data.features.texts, task.said
    assert texts is not None
    assert said is not None
    for asked, place in (("validation", -2), ("test", -1)):
        users = task.users(asked)  # type: ignore[arg-type]
        assert users is not None
        expected = [texts[user][place] for user in data.split.users]
        np.testing.assert_array_equal(users["said"], expected)
    for user, own in zip(data.split.users, said, strict=True):
        np.testing.assert_array_equal(own, texts[user])
