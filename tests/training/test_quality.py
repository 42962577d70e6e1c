"""The quality command: bars, baselines and an honest sentence, over seeds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import machine
from tests.fixtures.chains import chains
from training.__main__ import main
from training.config import FitConfig, LoggingConfig, ModelConfig, RunConfig
from training.evaluate import Results
from training.metrics import Metric, ranking_metrics
from training.quality import command
from training.quality.report import Quality, write
from training.quality.tasks import ECOMMERCE, MOVIES, QualityTask

MODEL, BASELINE = "SASRec", "Markov, window 20"


def quality(ours: list[list[int]], theirs: list[int], bars: dict[str, float]) -> Quality:
    """Return the quality of a model with these ranks by seed beside a baseline's."""
    runs = []
    for ranks in ours:
        table = {
            BASELINE: ranking_metrics(np.array(theirs)),
            MODEL: ranking_metrics(np.array(ranks)),
        }
        runs.append(Results(table, table))
    count = len(ours)
    return Quality("chains", MODEL, bars, runs, [1] * count, [2.0] * count, len(theirs), "abc")


def test_a_mean_over_seeds_has_the_standard_error_of_seeds() -> None:
    found = quality([[1, 20], [1, 1], [20, 20]], [1, 20], {"HR@10": 0.5})
    assert found.mean("HR@10").value == pytest.approx(0.5)
    assert found.mean("HR@10").standard_error == pytest.approx(0.5 / np.sqrt(3))
    assert found.meets_bars()
    assert quality([[1, 20]], [1, 20], {}).mean("HR@10") == Metric(0.5, None)


def test_where_a_baseline_wins_it_is_said() -> None:
    ranks = [1] * 80 + [20] * 20
    worse = quality([[5] * 80 + [20] * 20], ranks, {"NDCG@10": 0.9})
    assert f"{BASELINE} is clearly better than {MODEL}" in worse.verdict()
    assert not worse.meets_bars()
    assert "MISSED" in str(worse)
    better = quality([[1] * 100], [5] * 50 + [20] * 50, {})
    assert f"{MODEL} is clearly better than the best baseline, {BASELINE}" in better.verdict()
    near = quality([[1, 20, 2, 20]], [1, 20, 20, 2], {})
    assert "within 2 standard errors over 4 users" in near.verdict()


def test_the_result_file_keeps_other_data(tmp_path: Path) -> None:
    path = tmp_path / "quality.json"
    first = quality([[1, 20]], [1, 20], {"HR@10": 0.9})
    write([first], path)
    write([replace(first, data="other")], path)
    content = json.loads(path.read_text())["data"]
    assert set(content) == {"chains", "other"}
    assert content["chains"]["commit"] == "abc"
    assert content["chains"]["bars_seen_removed"] == {"HR@10": {"at_least": 0.9, "met": False}}
    assert content["chains"]["seen_removed"][MODEL]["HR@10"]["by_seed"] == [0.5]
    assert set(content["chains"]["seen_kept"]) == {MODEL, BASELINE}


def test_models_without_bars_stand_beside_the_one_with_bars(tmp_path: Path) -> None:
    path = tmp_path / "quality.json"
    write([quality([[1, 20]], [1, 20], {"HR@10": 0.9})], path)
    other = replace(quality([[1, 1]], [1, 20], {}), model=BASELINE)
    write([other], path)
    write([quality([[20, 20]], [1, 20], {"HR@10": 0.9})], path)
    content = json.loads(path.read_text())
    assert content["data"]["chains"]["seen_removed"][MODEL]["HR@10"]["value"] == 0.0
    assert content["without_bars"]["chains"][BASELINE]["bars_seen_removed"] == {}
    assert "Bars" not in str(other)


def test_the_bars_are_those_of_the_design() -> None:
    assert MOVIES.bars == {"HR@10": 0.205, "NDCG@10": 0.105}
    assert ECOMMERCE.bars == {"HR@10": 0.30, "NDCG@10": 0.21}


def test_the_command_trains_each_seed_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small = RunConfig(
        model=ModelConfig(history_length=8, dimension=8, heads=2, layers=1),
        fit=FitConfig(epochs=1, batch_size=16),
        logging=LoggingConfig(cohort_size=2),
    )
    monkeypatch.setattr(command, "ECOMMERCE", QualityTask("chains", {"HR@10": 2.0}, small))
    monkeypatch.setattr(command, "read_ecommerce", chains)
    output = tmp_path / "quality.json"
    code = main(["evaluate", "--data", "ecommerce", "--seeds", "2", "--output", str(output)])
    assert code == 1  # a bar that nobody can reach
    found = json.loads(output.read_text())["data"]["chains"]
    assert found["seeds"] == 2
    assert found["test_users"] == 60
    assert found["commit"] == machine.commit()
    assert set(found["seen_removed"]) == {
        "SASRec",
        "popularity",
        "item-kNN, decay 0.5",
        "Markov, window 20",
    }
    said = capsys.readouterr().out
    assert "seen items removed" in said
    assert "seen items kept" in said
    assert found["verdict"] in said


def test_movies_that_are_not_there_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", "--data", "movies", "--path", str(tmp_path)])
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err


COMMITTED = Path(__file__).parents[2] / "benchmarks" / "results" / "quality.json"


@pytest.mark.parametrize("task", [MOVIES, ECOMMERCE], ids=lambda task: task.name)
def test_committed_figures_are_means_over_seeds_against_the_tasks_bars(task: QualityTask) -> None:
    content = json.loads(COMMITTED.read_text(encoding="utf-8"))["data"][task.name]
    assert content["seeds"] >= 3
    for kept in ("seen_removed", "seen_kept"):
        table = content[kept]
        assert {"popularity", "item-kNN, decay 0.5", "Markov, window 20"} < set(table)
        for metric in table[content["model"]].values():
            seeds = np.array(metric["by_seed"])
            assert len(seeds) == content["seeds"]
            assert metric["value"] == pytest.approx(seeds.mean())
            error = seeds.std(ddof=1) / np.sqrt(len(seeds))
            assert metric["standard_error"] == pytest.approx(error)
    bars = content["bars_seen_removed"]
    assert {name: bar["at_least"] for name, bar in bars.items()} == dict(task.bars)
    for name, bar in bars.items():
        reached = content["seen_removed"][content["model"]][name]["value"]
        assert bar["met"] == (reached >= bar["at_least"])


def test_the_guide_says_of_each_data_set_what_the_figures_say() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "training.md").read_text("utf-8")
    for content in json.loads(COMMITTED.read_text(encoding="utf-8"))["data"].values():
        assert content["verdict"] in " ".join(guide.split())
        for metric in content["bars_seen_removed"]:
            found = content["seen_removed"][content["model"]][metric]
            assert f"{found['value']:.4f} ± {found['standard_error']:.4f}" in guide
