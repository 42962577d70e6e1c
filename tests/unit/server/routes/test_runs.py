"""`/runs`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tensorboard_plugin_attn.server.routes.runs import display_name
from tests.fixtures.logs import LAYER, event_path, frame_event, write_events, write_log
from tests.fixtures.tab import Tab


def test_a_run_tells_its_layers_steps_and_users(tab: Tab) -> None:
    (run,) = tab.json("/runs")["runs"]
    assert (run["name"], run["display_name"]) == ("d32/attention", "d32")
    assert (run["step_count"], run["first_step"], run["last_step"]) == (3, 1, 3)
    assert (run["attempts"], run["cohort_size"], run["problem"]) == (1, 2, None)
    assert (run["has_catalogue"], run["has_recommendations"]) == (True, True)
    (layer,) = run["layers"]
    assert (layer["name"], layer["head_count"]) == (LAYER, 2)
    assert layer["head_names"] == ["head 0", "head 1"]
    assert (layer["kind"], layer["causal"], layer["mode"]) == ("self", True, "evaluation")


def test_runs_are_sorted_by_name_and_layers_by_index(tmp_path: Path) -> None:
    write_log(tmp_path / "b", [1], layers=("z", "a"))
    write_log(tmp_path / "a", [1])
    runs = Tab(tmp_path).json("/runs")["runs"]
    assert [run["name"] for run in runs] == ["a", "b"]
    assert [layer["name"] for layer in runs[1]["layers"]] == ["z", "a"]


def test_without_attention_there_are_no_runs(tmp_path: Path) -> None:
    assert Tab(tmp_path).json("/runs") == {"generation": 0, "runs": []}


def test_a_removed_run_is_not_listed_any_more(tab: Tab, tmp_path: Path) -> None:
    assert tab.json("/runs")["runs"]
    shutil.rmtree(tmp_path / "d32")
    assert tab.json("/runs")["runs"] == []


def test_a_run_of_a_newer_format_is_listed_with_its_problem(tmp_path: Path) -> None:
    write_events(event_path(tmp_path / "new"), [frame_event(1, format_version=2)])
    (run,) = Tab(tmp_path).json("/runs")["runs"]
    assert set(run["problem"]) == {"code", "message", "hint"}
    assert run["problem"]["code"] == "newer_format"
    assert (run["layers"], run["step_count"], run["first_step"]) == ([], 0, None)


def test_values_a_newer_writer_may_use_are_unknown_and_not_an_error(tmp_path: Path) -> None:
    event = frame_event(1)
    data = event.summary.value[0].metadata.plugin_data
    data.content += b"\x30\x63\x68\x63\x70\x63\x78\x63"  # kind, mode, dropout, similarity = 99
    write_events(event_path(tmp_path), [event])
    (run,) = Tab(tmp_path).json("/runs")["runs"]
    (layer,) = run["layers"]
    assert [layer[key] for key in ("kind", "mode", "dropout_stage", "similarity")] == [
        "unknown"
    ] * 4


def test_a_run_directory_whose_name_is_no_utf_8_hides_no_other(tab: Tab, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    try:
        write_events(event_path(odd), [frame_event(1)])
    except OSError:
        pytest.skip("this file system keeps no such names")
    runs = tab.json("/runs")["runs"]
    assert [run["name"] for run in runs] == ["caf\ufffd", "d32/attention"]
    assert tab.frames(run="caf\ufffd", layer=LAYER, user=0, steps="latest").steps == [1]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("d32/attention", "d32"),
        ("a/b/attention", "a/b"),
        ("attention", "attention"),
        ("d32", "d32"),
        (".", "."),
        ("d32/attention/worker_1", "d32/attention/worker_1"),
    ],
)
def test_the_conventional_directory_is_not_shown(name: str, shown: str) -> None:
    assert display_name(name) == shown
