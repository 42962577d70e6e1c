"""The model is what its paper says: causal, blind to padding, tied; and it learns."""

from __future__ import annotations

import argparse
from pathlib import Path

import keras
import numpy as np
import pytest

from tensorboard_plugin_attn import Privacy
from tensorboard_plugin_attn.capture.keras_attention import capturing
from tensorboard_plugin_attn.reading.event_index import EventIndex
from tensorboard_plugin_attn.reading.runs import Runs
from tests.fixtures.chains import ITEMS, chains
from training.__main__ import main
from training.config import FitConfig, LoggingConfig, ModelConfig, RunConfig
from training.models.sasrec import SASRec
from training.scenarios.table import ECOMMERCE
from training.train import new_run_directory, train

SHAPE = ModelConfig(history_length=8, dimension=16, heads=2, layers=2, dropout=0.2)


@pytest.fixture(scope="module")
def model() -> SASRec:
    keras.utils.set_random_seed(1)
    built = SASRec(ITEMS, SHAPE)
    built(np.ones((1, 8), np.int32))
    return built


def test_a_later_item_changes_nothing_before_it(model: SASRec) -> None:
    items = np.arange(1, 9, dtype=np.int32)[None]
    changed = items.copy()
    changed[0, 5] = 20
    before, after = np.asarray(model(items)), np.asarray(model(changed))
    np.testing.assert_allclose(before[0, :5], after[0, :5], atol=1e-6)
    assert np.abs(before[0, 5:] - after[0, 5:]).max() > 1e-3


def test_no_real_item_attends_to_padding_or_the_future(model: SASRec) -> None:
    with capturing() as captured:
        model(np.array([[0, 0, 0, 4, 5, 6, 7, 8]], np.int32))
    assert len(captured) == SHAPE.layers
    for layer in captured:
        attention = np.asarray(layer.attention)[0, :, 3:]  # [head, real query, key]
        np.testing.assert_allclose(attention[..., :3], 0, atol=1e-6)
        np.testing.assert_allclose(np.triu(attention[..., 3:], 1), 0, atol=1e-6)
        np.testing.assert_allclose(attention.sum(axis=-1), 1, atol=1e-5)


def test_what_padding_is_embedded_as_changes_no_real_position(model: SASRec) -> None:
    items = np.array([[0, 0, 0, 4, 5, 6, 7, 8]], np.int32)
    before = np.asarray(model(items))
    table = model.items.embeddings
    kept = keras.ops.convert_to_numpy(table)
    try:
        changed = kept.copy()
        changed[0] += np.random.default_rng(0).normal(size=SHAPE.dimension)
        table.assign(changed)
        after = np.asarray(model(items))
    finally:
        table.assign(kept)
    np.testing.assert_allclose(before[0, 3:], after[0, 3:], atol=1e-5)
    assert np.abs(before[0, :3] - after[0, :3]).max() > 1e-3


def test_scores_are_tied_to_the_item_embeddings(model: SASRec) -> None:
    items = np.array([[0, 0, 1, 2, 3, 4, 5, 6]], np.int32)
    newest = np.asarray(model(items))[:, -1]
    expected = newest @ np.asarray(model.items.embeddings).T
    np.testing.assert_allclose(model.item_scores(items), expected, atol=1e-5)


def test_learns_a_chain_and_logs_every_step(tmp_path: Path) -> None:
    config = RunConfig(
        model=SHAPE,
        fit=FitConfig(epochs=60, batch_size=16, learning_rate=1e-2),
        logging=LoggingConfig(cohort_size=4, max_overhead=None),
    )
    report = train(chains(), config, tmp_path / "run", Privacy(key=b"k" * 32))
    assert report.results.seen_removed["SASRec"]["HR@10"].value > 0.9
    assert report.results.seen_removed["popularity"]["HR@10"].value < 0.6
    assert report.logged.written == report.logged.offered
    assert f"logged {report.steps} of {report.steps} steps" in report.cost
    runs = Runs(EventIndex(tmp_path))
    runs.refresh()
    with runs.locked() as known:
        run = known["run/attention"]
        for stream in run.layers.values():
            steps = [frame.step for frame in stream.timeline(run.attempts)]
            assert steps == list(range(1, report.steps + 1))
        assert run.recommendations is not None
        ranked = [frame.step for frame in run.recommendations.timeline(run.attempts)]
    assert set(range(1, 7)) | {report.steps} <= set(ranked) < set(steps)
    catalogue = runs.catalogue("run/attention")
    assert len(catalogue.users) == 4
    assert all(user.id.startswith("u-") for user in catalogue.users)
    assert {path.name for path in (tmp_path / "run").iterdir() if path.is_dir()} >= {
        "attention",
        "checkpoints",
        "train",
        "validation",
    }


def test_an_earlier_run_is_never_written_into(tmp_path: Path) -> None:
    assert new_run_directory(tmp_path, "a") == tmp_path / "a"
    (tmp_path / "a").mkdir()
    (tmp_path / "a-2").mkdir()
    assert new_run_directory(tmp_path, "a") == tmp_path / "a-3"


def test_help_names_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["ecommerce", "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    for setting in ("--logdir", "--epochs", "--dimension", "--heads", "--seed", "--cohort"):
        assert setting in text


def test_quick_is_what_was_not_said_otherwise() -> None:
    parser = argparse.ArgumentParser()
    ECOMMERCE.add_arguments(parser)
    defaults = ECOMMERCE.defaults
    given = ["--logdir", "x", "--quick", "--epochs", "7", "--model", "sasrec"]
    [quick] = ECOMMERCE.configure(parser.parse_args(given))
    assert (quick.fit.epochs, quick.fit.max_users) == (7, defaults.quick.max_users)
    plain = ECOMMERCE.configure(parser.parse_args(["--logdir", "x"]))
    assert [config.model.architecture for config in plain] == ["sasrec", "feature_attention"]
    assert plain[0] == defaults.config


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["--dimension", "30"], "dimension 30 is not a multiple of 4 heads: try 28"),
        (["--epochs", "0"], "0 is less than 1"),
        (["--dropout", "1"], "1 is not from 0 up to 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused_before_training(
    settings: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["ecommerce", "--logdir", str(tmp_path / "logs"), *settings])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "logs").exists()
