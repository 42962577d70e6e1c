"""`/recommendations`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tensorboard_plugin_attn import AttentionWriter, UserRecommendations
from tests.fixtures.logs import (
    LAYER,
    attention,
    cohort,
    event_files,
    own_events,
    recommendations,
    write_events,
    write_log,
)
from tests.fixtures.tab import Tab

RUN = "d32/attention"


def test_lists_come_best_first_with_items_of_the_catalogue(tab: Tab) -> None:
    body = tab.json("/recommendations", run=RUN, user=1, steps="1-3")
    labels = {item["index"]: item["id"] for item in tab.json("/catalogue", run=RUN)["items"]}
    assert body["steps"] == [1, 2, 3]
    assert [[labels[index] for index in items] for items in body["items"]] == [["i1", "i2"]] * 3
    assert body["scores"] == [[2.5, 1.25]] * 3
    assert (body["target_ranks"], body["target_scores"]) == ([2, 2, 2], [2.5] * 3)
    assert body["seen_removed"] is True
    assert body["absent"] == []


@pytest.mark.parametrize(
    ("steps", "found", "absent"),
    [
        ("latest", [3], []),
        ("at-or-before:2", [2], []),
        ("at-or-before:0", [], [0]),
        ("1,9", [1], [9]),
        ("5-9", [], []),
    ],
)
def test_steps_are_found_or_absent(
    tab: Tab, steps: str, found: list[int], absent: list[int]
) -> None:
    body = tab.json("/recommendations", run=RUN, user=0, steps=steps)
    assert body["steps"] == found
    assert [item["step"] for item in body["absent"]] == absent


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({}, (400, "bad_parameter")),
        ({"run": RUN}, (400, "bad_parameter")),
        ({"run": RUN, "user": 0}, (400, "bad_parameter")),
        ({"run": RUN, "user": "x", "steps": "1"}, (400, "bad_parameter")),
        ({"run": RUN, "user": 0, "steps": "x"}, (400, "bad_parameter")),
        ({"run": "no", "user": 0, "steps": "1"}, (404, "run_not_found")),
        ({"run": RUN, "user": 2, "steps": "1"}, (404, "user_not_found")),
        (
            {"run": RUN, "user": 0, "steps": ",".join(str(step) for step in range(5, 1010))},
            (413, "response_too_large"),
        ),
    ],
)
def test_bad_requests_are_told_apart(
    tab: Tab, query: dict[str, object], error: tuple[int, str]
) -> None:
    assert tab.error("/recommendations", **query) == error


def test_a_run_without_recommendations_says_so(tmp_path: Path) -> None:
    write_log(tmp_path, recommend=False)
    error = Tab(tmp_path).error("/recommendations", run=".", user=0, steps="1")
    assert error == (404, "no_recommendations")


def test_a_log_of_recommendations_alone_is_served(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        writer.recommendations(recommendations(), step=1)
    tab = Tab(tmp_path)
    assert tab.json("/recommendations", run=".", user=1, steps="1")["steps"] == [1]
    assert tab.error("/recommendations", run=".", user=2, steps="1") == (404, "user_not_found")


def test_unknown_ranks_and_scores_that_are_no_numbers_are_null(tmp_path: Path) -> None:
    nan, inf = float("nan"), float("inf")
    odd = UserRecommendations(("i0", "i1", "i2"), (nan, inf, 0.1), None, nan, seen_removed=False)
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        writer.attention(LAYER, attention(), step=1)
        writer.recommendations([odd, odd], step=1)
    body = Tab(tmp_path).json("/recommendations", run=".", user=0, steps="1")
    assert body["scores"] == [[None, None, 0.1]]
    assert (body["target_ranks"], body["target_scores"]) == ([None], [None])
    assert body["seen_removed"] is False


def test_refused_recommendations_are_absent_with_their_reason(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        writer.attention(LAYER, attention(), step=1)
        writer.recommendations(recommendations(), step=1)
        writer.recommendations(recommendations(3), step=2)
    body = Tab(tmp_path).json("/recommendations", run=".", user=0, steps="1,2")
    assert body["steps"] == [1]
    assert [(item["step"], item["reason"]) for item in body["absent"]] == [(2, "rejected")]


def test_a_broken_list_and_a_missing_user_hide_no_other_step(tmp_path: Path) -> None:
    path = write_log(tmp_path, range(1, 4))
    events = own_events(path)
    for event in events:
        strings = event.summary.value[0].tensor.string_val
        if event.summary.value[0].tag == "recommendations" and event.step == 2:
            strings[2] = b"\xff\xff"
        if event.summary.value[0].tag == "recommendations" and event.step == 3:
            del strings[2:]
    write_events(path, events)
    body = Tab(tmp_path).json("/recommendations", run=".", user=1, steps="1,2,3")
    assert body["steps"] == [1]
    assert [(item["step"], item["reason"]) for item in body["absent"]] == [
        (2, "corrupt"),
        (3, "not_logged"),
    ]


def test_a_removed_run_is_not_found_and_a_vanished_file_unavailable(
    tab: Tab, tmp_path: Path
) -> None:
    query = {"run": RUN, "user": 0, "steps": "1"}
    tab.json("/status")
    tab.plugin._runs._refresh_every_s = 3600
    event_files(tmp_path)[0].unlink()
    assert tab.error("/recommendations", **query) == (503, "unavailable")
    tab.plugin._runs._refresh_every_s = 0
    shutil.rmtree(tmp_path / "d32")
    assert tab.error("/recommendations", **query) == (404, "run_not_found")
