"""An item's vector is its own and those of its attributes; trained, saved, rebuilt and resumed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tensorboard_plugin_attn import Privacy
from tests.fixtures.chains import ITEMS, chains
from training.config import FitConfig, LoggingConfig, ModelConfig, RunConfig
from training.models.build import build, rebuild
from training.models.feature_attention import FeatureSpec
from training.models.items import ItemEmbedding
from training.preprocessing.sequences import pad
from training.train import resume, train

PRIVACY = Privacy(key=b"k" * 32)
CONFIG = RunConfig(
    model=ModelConfig(
        history_length=8, dimension=16, heads=2, layers=1, dropout=0.1, item_attributes=True
    ),
    fit=FitConfig(epochs=2, batch_size=16, learning_rate=1e-2),
    logging=LoggingConfig(cohort_size=2),
)
FIELDS = {"genre": 3, "genre 2": 3, "year": 4}
CODES = {
    "genre": np.array([0, 1, 2, 0]),
    "genre 2": np.array([0, 2, 0, 0]),
    "year": np.array([0, 3, 3, 0]),
}


def embedding() -> Any:
    layer = ItemEmbedding(5, 4, FIELDS, CODES)  # the fifth row is a token
    layer.build()
    return layer


def test_a_vector_is_the_sum_of_what_is_known() -> None:
    layer = embedding()
    own, genre, year = (np.asarray(each) for each in (layer.own, *layer.tables.values()))
    assert list(layer.tables) == ["genre", "year"]  # the second genre is a genre
    expected = own.copy()
    expected[1] += genre[1] + genre[2] + year[3]
    expected[2] += genre[2] + year[3]
    np.testing.assert_allclose(np.asarray(layer.embeddings), expected, rtol=1e-6)
    items = np.array([[4, 2], [0, 1]])
    np.testing.assert_allclose(np.asarray(layer(items)), expected[items], rtol=1e-6)


def test_codes_are_kept_and_never_trained() -> None:
    layer = embedding()
    assert len(layer.trainable_weights) == 3
    assert [np.asarray(each).tolist() for each in layer.codes] == [
        [*codes.tolist(), 0] for codes in CODES.values()
    ]


def test_without_attributes_it_is_the_model_it_was() -> None:
    plain = build(ITEMS, replace(CONFIG.model, item_attributes=False), spec=FeatureSpec(FIELDS))
    nothing_known = build(ITEMS, CONFIG.model)
    for model in (plain, nothing_known):
        assert isinstance(model.items, keras.layers.Embedding)


@pytest.mark.parametrize("architecture", ["sasrec", "bert4rec"])
def test_a_run_is_trained_rebuilt_and_resumed(architecture: str, tmp_path: Path) -> None:
    config = replace(CONFIG, model=replace(CONFIG.model, architecture=architecture))
    first = train(chains(), config, tmp_path / "run", PRIVACY, verbose=0)
    model = rebuild(tmp_path / "run")
    assert set(model.fields) == {"shelf"}
    [codes] = model.items.codes
    assert len(set(np.asarray(codes)[1:ITEMS].tolist())) == 3
    twin = type(model).from_config(model.get_config())
    twin.build()
    twin.set_weights(model.get_weights())
    histories = pad(chains().sequences[:4], 8)
    np.testing.assert_allclose(
        np.asarray(model.item_scores(histories)), np.asarray(twin.item_scores(histories)), atol=1e-5
    )
    second = resume(chains(), tmp_path / "run", PRIVACY, epochs=3, verbose=0)
    assert second.steps > first.steps
    after = rebuild(tmp_path / "run")
    tables = [np.asarray(each.items.tables["shelf"]) for each in (model, after)]
    assert second.progress.best_epoch < 3 or not np.allclose(*tables)
