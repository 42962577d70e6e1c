"""Whole trainings: what is logged, kept and rebuilt; repeated, resumed and distributed ones."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata
from tensorboard.util.tensor_util import make_ndarray

from tensorboard_plugin_attn import Privacy
from tests.fixtures.chains import ITEMS, chains, chains_data
from tests.fixtures.tab import Tab
from training import distributed
from training.__main__ import main
from training.config import (
    ARCHITECTURES,
    FitConfig,
    LoggingConfig,
    LossConfig,
    ModelConfig,
    RunConfig,
)
from training.models.build import rebuild
from training.preprocessing.splitting import leave_one_out
from training.run_directory import RunDirectory
from training.scenarios.table import ECOMMERCE, SCENARIOS
from training.train import Report, describe, resume, train

ROOT = Path(__file__).parents[2]
PRIVACY = Privacy(key=b"k" * 32)
CONFIG = RunConfig(
    model=ModelConfig(history_length=8, dimension=16, heads=2, layers=1, dropout=0.1),
    fit=FitConfig(epochs=3, batch_size=16, learning_rate=1e-2),
    loss=LossConfig(negatives=10),
    logging=LoggingConfig(cohort_size=3, max_overhead=None, candidates=4),
)


def configured(architecture: str = "sasrec", **fit: Any) -> RunConfig:
    model = replace(CONFIG.model, architecture=architecture)
    return replace(CONFIG, model=model, fit=replace(CONFIG.fit, **fit))


def trained(directory: Path, config: RunConfig) -> Report:
    return train(chains(), config, directory, PRIVACY, verbose=0)


@pytest.fixture(scope="module", params=["bert4rec", "feature_attention"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Report:
    directory = tmp_path_factory.mktemp("logs") / request.param
    return trained(directory, configured(request.param, epochs=20))


def test_every_architecture_learns_is_logged_and_rebuilt(run: Report) -> None:
    name = run.directory.name
    assert run.results.seen_removed[ARCHITECTURES[name]]["HR@10"].value > 0.8
    assert run.results.seen_removed["popularity"]["HR@10"].value < 0.6
    assert run.logged is not None
    assert run.logged.written == run.logged.offered >= run.steps
    assert "records written, 0 lost" in describe(run)
    model = rebuild(run.directory)
    histories = np.array([[0, 0, 0, 1, 2, 3, 4, 5]], np.int32)
    inputs = {"history": histories} if name == "feature_attention" else histories
    assert np.asarray(model.item_scores(inputs)).shape == (1, ITEMS)


def test_queries_and_keys_are_called_what_they_are(run: Report) -> None:
    tab = Tab(run.directory.parent)
    name = f"{run.directory.name}/attention"
    layers = next(each for each in tab.json("/runs")["runs"] if each["name"] == name)["layers"]
    layer = layers[-1]  # FeatureAttention's first picture has the history as one key
    timeline = tab.json("/timeline", run=name, layer=layer["name"])
    attempt = timeline["attempts"][0]["id"]
    numbers = ",".join(map(str, range(1, 4 * CONFIG.logging.cohort_size)))
    found = tab.json("/catalogue", run=name, attempt=attempt, axes=numbers)
    said = {item["index"]: item["id"] for item in found["items"]}
    axes = [[said[item] for item in axis["items"]] for axis in found["axes"] if axis["items"]]
    axes = [axis for axis in axes if len(axis) != ITEMS - 1]  # that of the portable models
    kinds = [(each["kind"], each["query_axis"], each["key_axis"]) for each in layers]
    if run.directory.name == "bert4rec":
        assert kinds == [("self", "sequence", "sequence")]
        assert all(axis[-1] == "(next item)" for axis in axes)
        assert all(len(axis) == 8 for axis in axes)  # 7 items and the mask
        return
    assert kinds == [
        ("field", "candidate", "feature"),
        ("target", "candidate", "history and features"),
    ]
    features = [axis for axis in axes if axis[-1] == "item: shelf"]
    candidates = [axis for axis in axes if axis not in features]
    assert all(len(axis) == CONFIG.logging.candidates for axis in candidates)
    assert {axis[0] == "interaction history" for axis in features} == {True, False}
    for axis in features:
        assert "user: country" in axis
        assert "neighbour 2" not in axis  # nobody has two
        assert "Nowhere" not in axis  # a field is named, its value is not written


def series(directory: Path, tag: str) -> list[tuple[int, float]]:
    """Return step and value of a scalar."""
    events = EventAccumulator(str(directory), {"tensors": 0}).Reload().Tensors(tag)
    return [(each.step, float(make_ndarray(each.tensor_proto))) for each in events]


def test_scalars_and_hyperparameters_are_there(run: Report) -> None:
    losses = series(run.directory / "train", "epoch_loss")
    assert len(losses) == 20
    assert losses[-1][0] == run.steps
    assert losses[-1][1] < losses[0][1]
    assert series(run.directory / "train", "batch_loss")
    assert len(series(run.directory / "validation", "NDCG@10")) == 20
    [found] = read_hyperparameters_of(run.directory)
    assert found["architecture"] == run.directory.name
    assert found["loss"] == "auto"


def read_hyperparameters_of(directory: Path) -> list[dict[str, Any]]:
    plugin = EventAccumulator(str(directory)).Reload().summary_metadata
    mine = [each.plugin_data for each in plugin.values()]
    contents = [each.content for each in mine if each.plugin_name == metadata.PLUGIN_NAME]
    infos = [metadata.parse_session_start_info_plugin_data(each) for each in contents]
    return [
        {name: getattr(value, value.WhichOneof("kind")) for name, value in info.hparams.items()}
        for info in infos
    ]


def test_a_resumed_run_is_a_new_attempt_that_counts_on(tmp_path: Path) -> None:
    first = trained(tmp_path / "run", configured(accumulate=2))
    second = resume(chains(), tmp_path / "run", PRIVACY, epochs=5, verbose=0)
    assert second.steps > first.steps
    assert (first.progress.epoch, second.progress.epoch) == (3, 5)
    [found] = Tab(tmp_path).json("/runs")["runs"]
    assert found["attempts"] == 2
    assert found["last_step"] == second.steps
    steps = {step for step, _ in series(tmp_path / "run" / "train", "epoch_loss")}
    assert len(steps) == 5
    assert max(steps) == second.steps
    with pytest.raises(ValueError, match="has its 5 epochs: ask for more"):
        resume(chains(), tmp_path / "run", PRIVACY, verbose=0)


def test_what_cannot_be_resumed_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no run that can be read"):
        resume(chains(), tmp_path, PRIVACY)
    RunDirectory(tmp_path / "other").describe(CONFIG, ITEMS + 5, None)
    with pytest.raises(ValueError, match="trained on 34 items, this data has 29"):
        resume(chains(), tmp_path / "other", PRIVACY)
    with pytest.raises(ValueError, match="no checkpoint best"):
        rebuild(tmp_path / "other")


def test_accumulated_gradients_are_those_of_a_large_batch(tmp_path: Path) -> None:
    still = replace(CONFIG.model, dropout=0.0)
    many = replace(configured(batch_size=15, accumulate=4, epochs=2), model=still)
    one = replace(configured(batch_size=60, epochs=2), model=still)
    reports = [trained(tmp_path / name, config) for name, config in (("4", many), ("1", one))]
    assert [report.steps for report in reports] == [2, 2]
    for small, large in zip(
        rebuild(tmp_path / "4").get_weights(), rebuild(tmp_path / "1").get_weights(), strict=True
    ):
        # Adam divides by the root of the squared mean: rounding shows where gradients vanish.
        np.testing.assert_allclose(small, large, atol=2e-3)


def test_mixed_precision_keeps_weights_and_scores_whole(tmp_path: Path) -> None:
    before = keras.config.dtype_policy().name
    trained(tmp_path / "run", configured(precision="mixed_bfloat16", epochs=1))
    assert keras.config.dtype_policy().name == before
    assert json.loads((tmp_path / "run" / "run.json").read_text())["config"]["fit"][
        "precision"
    ] == ("mixed_bfloat16")
    for weight in rebuild(tmp_path / "run").get_weights():
        assert weight.dtype in (np.float32, np.int32)


def test_a_training_that_gets_no_better_ends(tmp_path: Path) -> None:
    config = configured(learning_rate=1e-9, patience=2, epochs=9)
    report = trained(tmp_path / "run", config)
    assert report.progress.epoch == report.progress.best_epoch + 2 < 9
    kept = {path.name for path in (tmp_path / "run" / "checkpoints").iterdir()}
    assert kept == {
        "best.weights.h5",
        "state.json",
        *(f"epoch_{number:04d}.weights.h5" for number in range(1, report.progress.epoch + 1)),
    }


def test_fewer_users_of_a_split_that_is_given_are_refused(tmp_path: Path) -> None:
    split = leave_one_out(chains().sequences)
    with pytest.raises(ValueError, match="take fewer users when loading"):
        train(chains(), configured(max_users=3), tmp_path, PRIVACY, split=split)


def process(mode: str, directory: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.fixtures.training_process", mode, str(directory)],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def result_of(running: subprocess.Popen[str]) -> dict[str, Any]:
    try:
        out, err = running.communicate(timeout=240)
    except subprocess.TimeoutExpired:
        running.kill()
        out, err = running.communicate()
    assert running.returncode == 0, err[-3000:]
    return json.loads(out.splitlines()[-1])


def test_a_repeated_and_a_resumed_run_are_the_same_to_the_bit(tmp_path: Path) -> None:
    found = result_of(process("repeat", tmp_path))
    assert found["once"] == found["again"] == found["resumed"]


def test_two_replicas_learn_what_one_learns(tmp_path: Path) -> None:
    found = result_of(process("mirrored", tmp_path))
    assert found["replicas"] == 2
    assert found["logged"] > found["steps"]
    assert found["apart"] < 1e-4 * found["span"]


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def test_two_workers_learn_together_and_the_chief_alone_writes(tmp_path: Path) -> None:
    workers = [f"127.0.0.1:{port}" for port in free_ports(2)]
    running = [
        process(
            "worker",
            tmp_path / "run",
            TF_CONFIG=json.dumps(
                {"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}}
            ),
        )
        for index in range(2)
    ]
    chief, other = (result_of(each) for each in running)
    assert chief["replicas"] == other["replicas"] == 2
    assert chief["best"] == other["best"] > 0.5
    assert chief["logged"] > chief["steps"] == other["steps"]
    assert other["logged"] is None
    assert len(list((tmp_path / "run" / "attention").iterdir())) == 1
    [found] = Tab(tmp_path).json("/runs")["runs"]
    assert found["last_step"] == chief["steps"]


def test_workers_without_a_cluster_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(ValueError, match="needs TF_CONFIG in the environment"):
        distributed.strategy_of("multiworker")
    assert distributed.strategy_of("none") is None


def test_the_command_trains_resumes_and_says_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(SCENARIOS, "ecommerce", replace(ECOMMERCE, load=chains_data))
    common = ["ecommerce", "--logdir", str(tmp_path), "--dimension", "8", "--heads", "2"]
    assert main([*common, "--epochs", "1", "--layers", "1", "--batch-size", "16"]) == 0
    assert main([*common, "--epochs", "2", "--resume", "sasrec"]) == 0
    said = capsys.readouterr().out
    assert f"tensorboard --logdir {tmp_path}" in said
    assert "cost" in said
    assert RunDirectory(tmp_path / "sasrec").progress().epoch == 2
    with pytest.raises(SystemExit) as ended:
        main([*common, "--resume", "nothing"])
    assert ended.value.code == 2
    assert "no run that can be read" in capsys.readouterr().err
