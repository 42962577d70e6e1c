"""`python -m training refresh-encoder`: new vectors, a new attempt or a new run, and the guard."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from tests.fixtures.chains import ITEMS, chains
from tests.fixtures.tab import Tab
from tests.training.test_runs import read_hyperparameters_of, series
from training.__main__ import main
from training.config import LossConfig
from training.datasets.dataset import Dataset, Loading, Origin, assemble, split_again
from training.datasets.domain import PLAIN
from training.features.choice import ENCODERS
from training.features.hashing import HashingEncoder
from training.models.build import build, rebuild
from training.preprocessing.preparation import Prepared
from training.preprocessing.report import DropReport
from training.refresh import command
from training.refresh.refresh import take_over
from training.run_directory import RunDirectory
from training.scenarios.table import ECOMMERCE, SCENARIOS
from training.task import Task

RUN = "feature_attention"
SMALL = [
    *("--model", RUN, "--epochs", "8", "--cohort", "3", "--dimension", "16", "--heads", "2"),
    *("--negatives", "8", "--batch-size", "16", "--text-encoder", "hashing"),
    *("--max-overhead", "1000"),  # every step is logged
]


@dataclass(frozen=True)
class Updated(HashingEncoder):
    """The hashing encoder's next version: the same length, other vectors."""

    version: str = "2"

    def encode(self, texts: list[str]) -> np.ndarray:  # type: ignore[override]
        return np.roll(super().encode(texts), 1, axis=1)


def load(path: Path | None, loading: Loading) -> Dataset:
    """Return the chains, of items that have texts and users who say something."""
    interactions = replace(
        chains(),
        item_texts=[
            "",
            *(f"item number {number} of shelf {number % 3}" for number in range(1, 30)),
        ],
        texts=[[f"what follows {item}" for item in items] for items in chains().sequences],
    )
    prepared = Prepared(
        interactions, split_again(interactions, loading.split), DropReport("chains", 600)
    )
    return assemble(
        prepared,
        loading,
        words=PLAIN,
        origin=Origin("real", "Chains", "Nobody's."),
        public_attributes=frozenset({"country", "said"}),
    )


@pytest.fixture(autouse=True)
def scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCENARIOS, "ecommerce", replace(ECOMMERCE, load=load))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SCENARIOS, "ecommerce", replace(ECOMMERCE, load=load))
        assert main(["ecommerce", "--logdir", str(directory), *SMALL]) == 0
    return directory


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    shutil.copytree(trained, tmp_path / "logs")
    return tmp_path / "logs" / RUN


def refreshed(run: Path, *arguments: str) -> int:
    return main(["refresh-encoder", "--run", str(run), *arguments])


def test_vectors_that_are_the_same_teach_nothing(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refreshed(run) == 0
    assert "no text's vector changed" in capsys.readouterr().out
    assert Tab(run.parent).json("/runs")["runs"][0]["attempts"] == 1


def test_an_updated_encoder_makes_a_new_attempt_that_counts_on(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Tab(run.parent).json("/runs")["runs"][0]["last_step"]
    monkeypatch.setitem(ENCODERS, "hashing", Updated)
    assert refreshed(run, "--epochs", "2") == 0
    assert "a new attempt" in capsys.readouterr().out
    [found] = Tab(run.parent).json("/runs")["runs"]
    assert found["attempts"] == 2
    assert found["last_step"] == before + before // 4  # 2 epochs after 8
    assert RunDirectory(run).progress().epoch == RunDirectory(run).progress().best_epoch == 10
    texts = load(None, Loading(text_encoder=Updated())).features.item_text
    np.testing.assert_allclose(np.asarray(rebuild(run).item_vectors["item_text"]), texts)
    assert json.loads((run / "features.json").read_text())["text_encoder"].endswith(" 2")
    written = json.loads((run / "refresh.json").read_text())
    assert (written["status"], written["parent"]) == ("kept", RUN)
    [(_, value)] = series(run, "refresh/NDCG@10")
    assert value == pytest.approx(written["guard"]["child"]["value"])
    assert refreshed(run) == 0  # the vectors are now those of the run
    assert "no text's vector changed" in capsys.readouterr().out


def test_an_encoder_of_another_length_makes_a_run_of_its_own(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    best = (run / "checkpoints" / "best.weights.h5").read_bytes()
    monkeypatch.setitem(ENCODERS, "universal", lambda: HashingEncoder(48, "long"))
    code = refreshed(run, "--text-encoder", "universal")
    child = run.parent / f"{RUN}-universal"
    written = json.loads((child / "refresh.json").read_text())
    assert code == (0 if written["status"] == "kept" else 3)
    _, _, spec = RunDirectory(child).description()
    assert spec is not None
    assert (spec.item_text, spec.said) == (48, 48)
    assert RunDirectory(child).source()["text_encoder"] == "universal"
    [told] = read_hyperparameters_of(child)
    assert (told["parent"], told["text_encoder"]) == (RUN, "universal")
    assert (run / "checkpoints" / "best.weights.h5").read_bytes() == best
    assert not (run / "refresh.json").exists()
    assert {each["name"].split("/")[0] for each in Tab(run.parent).json("/runs")["runs"]} == {
        RUN,
        child.name,
    }
    assert np.asarray(rebuild(child).item_vectors["item_text"]).shape == (ITEMS, 48)


def test_what_loses_quality_is_marked_and_the_run_keeps_its_weights(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {path.name: path.read_bytes() for path in (run / "checkpoints").iterdir()}
    described = (run / "run.json").read_bytes()
    monkeypatch.setitem(ENCODERS, "hashing", Updated)
    assert refreshed(run, "--learning-rate", "9") == 3
    assert json.loads((run / "refresh.json").read_text())["status"] == "rejected"
    assert {path.name: path.read_bytes() for path in (run / "checkpoints").iterdir()} == kept
    assert (run / "run.json").read_bytes() == described


def test_it_comes_again_at_its_interval_so_often_and_no_oftener(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 1:  # the encoder is updated before the second time
            monkeypatch.setitem(ENCODERS, "hashing", Updated)

    monkeypatch.setattr(command.time, "sleep", sleep)
    assert refreshed(run, "--every", "0.5", "--times", "3") == 0
    assert slept == [1800, 1800]
    said = capsys.readouterr().out
    assert said.count("no text's vector changed") == 2
    assert said.count("a new attempt") == 1


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--every", "1"), "--every HOURS and --times N go together"),
        (("--times", "2"), "--every HOURS and --times N go together"),
        (("--every", "0", "--times", "2"), "--every 0: must be more than 0"),
        (("--learning-rate", "-1"), "--learning-rate -1: must be more than 0"),
    ],
)
def test_settings_that_do_not_fit_are_said(
    arguments: tuple[str, ...], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        refreshed(tmp_path, *arguments)
    assert why in capsys.readouterr().err


def test_a_run_without_texts_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without = [*SMALL, "--text-encoder", "none", "--epochs", "1"]
    assert main(["ecommerce", "--logdir", str(tmp_path), *without]) == 0
    with pytest.raises(SystemExit):
        refreshed(tmp_path / RUN, "--text-encoder", "hashing")
    assert "attends to no texts of items" in capsys.readouterr().err


def test_another_encoders_keys_are_what_they_were(run: Path) -> None:
    config, _, _ = RunDirectory(run).description()
    before = rebuild(run)
    tasks = []
    for encoder in (HashingEncoder(), HashingEncoder(300, "long")):
        data = load(None, Loading(text_encoder=encoder))
        tasks.append(Task(data.interactions, data.split, data.features, data.domain))
    old, new = tasks
    model = build(ITEMS, config.model, LossConfig(), spec=new.spec, item_codes=new.items)
    take_over(before, model, new, old)
    history = np.array([[0] * 45 + [1, 2, 3, 4, 5]], np.int32)
    scores = [
        np.asarray(each.item_scores({"history": history, "said": task.said[0][:1]}))
        for each, task in ((before, old), (model, new))
        if task.said is not None
    ]
    np.testing.assert_allclose(*scores, atol=1e-2)
