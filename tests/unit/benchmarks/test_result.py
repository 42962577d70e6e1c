from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.result import RESULTS, Bar, Result, write

KEYS = {"name", "ours", "peers", "ratio", "bar", "runs", "machine", "versions", "commit"}


@pytest.fixture
def result() -> Result:
    return Result(
        name="speed",
        what="ten things",
        unit="ms",
        costs={"ours": [1.0, 2.0, 3.0], "theirs": [10.0, 10.0, 60.0]},
        ours="ours",
        reference="theirs",
        bar=Bar(0.2, "at most", "0.1"),
        skipped={"others": "not installed"},
    )


def as_json(result: Result) -> dict[str, object]:
    content = result.as_json({"cpu": "a", "cores": 2, "memory_gib": 4.0}, {"numpy": "2"}, "abc")
    return json.loads(json.dumps(content))


def test_json_has_the_fields_of_the_contract(result: Result) -> None:
    content = as_json(result)
    assert set(content) == KEYS
    assert content["ours"] == {
        "name": "ours",
        "what": "ten things",
        "unit": "ms",
        "median": 2.0,
        "min": 1.0,
        "max": 3.0,
        "multiple": {"median": 0.1, "min": 0.05, "max": 0.2},
    }
    assert content["ratio"] == {
        "of": "multiple",
        "to": "theirs",
        "median": 0.1,
        "min": 0.05,
        "max": 0.2,
    }
    assert content["bar"] == {"limit": 0.2, "sense": "at most", "aim": "0.1", "met": True}
    assert content["runs"] == 3


def test_what_was_not_measured_has_a_reason_and_no_figure(result: Result) -> None:
    peers = as_json(result)["peers"]
    assert isinstance(peers, dict)
    assert peers["others"] == {"skipped": "not installed"}
    assert "others  not measured: not installed" in result.table()


def test_a_bar_about_the_value_itself(result: Result) -> None:
    own = replace(result, figure="value")
    assert own.ratio.median == 2.0
    content = as_json(own)
    assert content["ratio"] == {
        "of": "value",
        "to": "theirs",
        "median": 2.0,
        "min": 1.0,
        "max": 3.0,
    }
    assert not own.bar.is_met(own.ratio.median)


@pytest.mark.parametrize(
    ("sense", "figure", "met"),
    [
        ("at most", 1.0, True),
        ("at most", 1.01, False),
        ("at least", 1.0, True),
        ("at least", 0.99, False),
    ],
)
def test_bar(sense: str, figure: float, met: bool) -> None:
    assert Bar(1.0, sense, "").is_met(figure) is met  # type: ignore[arg-type]


def test_table_says_what_was_missed(result: Result) -> None:
    assert "bar at most 0.2: met" in result.table()
    strict = replace(result, bar=Bar(0.01, "at most", "0"))
    assert "bar at most 0.01: MISSED" in strict.table()


def test_table_lists_ours_first(result: Result) -> None:
    turned = replace(result, costs={"theirs": [1.0], "ours": [1.0]})
    assert turned.table().splitlines()[1].lstrip().startswith("ours")


def test_write_names_the_file_after_the_benchmark(result: Result, tmp_path: Path) -> None:
    path = write(result.as_json({}, {}, "abc"), tmp_path / "results")
    assert path == tmp_path / "results" / "speed.json"
    assert json.loads(path.read_text(encoding="utf-8"))["commit"] == "abc"


# These are no races: their contracts are held by tests/training/.
NO_RACES = ("faithfulness", "feedback", "quality")
RACES = sorted(path for path in RESULTS.glob("*.json") if path.stem not in NO_RACES)


@pytest.mark.parametrize("path", RACES, ids=lambda path: path.stem)
def test_committed_results_keep_the_contract(path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    assert set(content) == KEYS
    assert content["name"] == path.stem
    assert {"cpu", "cores", "memory_gib"} <= set(content["machine"])
    assert {"python", "numpy", "tensorflow", "tensorboard", "keras"} <= set(content["versions"])
    assert "tensorboard-plugin-attn" in content["versions"]
    for row in [content["ours"], *content["peers"].values()]:
        assert set(row) == {"skipped"} or row["min"] <= row["median"] <= row["max"]
