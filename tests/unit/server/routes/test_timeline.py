"""`/timeline`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tensorboard_plugin_attn import AttentionWriter
from tensorboard_plugin_attn import attn_pb2 as pb
from tests.fixtures.logs import (
    LAYER,
    attention,
    cohort,
    event_path,
    frame_event,
    marker_event,
    recommendations,
    write_events,
)
from tests.fixtures.tab import Tab

RUN = "d32/attention"


def test_columns_are_of_equal_length_and_ascending(tab: Tab) -> None:
    body = tab.json("/timeline", run=RUN, layer=LAYER)
    assert body["steps"] == [1, 2, 3]
    assert body["epochs"] == pytest.approx([0.1, 0.2, 0.3])
    assert body["attempt_of_step"] == [0, 0, 0]
    assert len(body["wall_times_s"]) == 3
    assert len(body["attempts"]) == 1
    assert body["gaps"] == []


@pytest.mark.parametrize(("since", "steps"), [(0, [1, 2, 3]), (1, [2, 3]), (3, []), (10**18, [])])
def test_since_leaves_out_what_is_known(tab: Tab, since: int, steps: list[int]) -> None:
    assert tab.json("/timeline", run=RUN, layer=LAYER, since=since)["steps"] == steps


def test_wrong_parameters_are_named(tab: Tab) -> None:
    assert tab.error("/timeline") == (400, "bad_parameter")
    assert tab.error("/timeline", run=RUN) == (400, "bad_parameter")
    assert tab.error("/timeline", run=RUN, layer=LAYER, since="x") == (400, "bad_parameter")
    assert tab.error("/timeline", run=RUN, layer=LAYER, since="") == (400, "bad_parameter")
    assert tab.error("/timeline", run="no", layer=LAYER) == (404, "run_not_found")
    assert tab.error("/timeline", run=RUN, layer="no") == (404, "layer_not_found")


def test_missing_epochs_are_null(tmp_path: Path) -> None:
    write_events(event_path(tmp_path), [frame_event(1), frame_event(2, epoch=0.5, has_epoch=True)])
    assert Tab(tmp_path).json("/timeline", run=".", layer=LAYER)["epochs"] == [None, 0.5]


def test_a_resumed_training_is_a_second_attempt(tmp_path: Path) -> None:
    old = [frame_event(step, attempt="old", start_time_s=100) for step in (1, 2, 3)]
    new = [frame_event(step, attempt="new", start_time_s=200) for step in (2, 4)]
    write_events(event_path(tmp_path, "1"), old)
    write_events(event_path(tmp_path, "0"), new)
    body = Tab(tmp_path).json("/timeline", run=".", layer=LAYER)
    assert (body["steps"], body["attempt_of_step"]) == ([1, 2, 4], [0, 1, 1])
    assert [attempt["id"] for attempt in body["attempts"]] == ["old", "new"]


def test_gaps_are_told_with_their_reason(tmp_path: Path) -> None:
    marker = pb.Marker(
        reason=pb.DROPPED, layer=LAYER, first_step=4, last_step=9, frame_count=6, detail="full"
    )
    other = pb.Marker(reason=pb.REJECTED, layer="other", first_step=1, last_step=1, frame_count=1)
    write_events(
        event_path(tmp_path),
        [frame_event(1), marker_event(marker), marker_event(other, sequence=91)],
    )
    assert Tab(tmp_path).json("/timeline", run=".", layer=LAYER)["gaps"] == [
        {"first_step": 4, "last_step": 9, "frame_count": 6, "reason": "dropped", "detail": "full"}
    ]


def test_lost_recommendations_are_no_gap_in_the_attention(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        writer.attention(LAYER, attention(), step=1)
        writer.recommendations(recommendations(3), step=1)
    assert Tab(tmp_path).json("/timeline", run=".", layer=LAYER)["gaps"] == []


def test_times_that_are_no_numbers_hide_no_other_step(tmp_path: Path) -> None:
    nan = float("nan")
    write_events(event_path(tmp_path), [frame_event(1), frame_event(2, wall_time_s=nan)])
    assert Tab(tmp_path).json("/timeline", run=".", layer=LAYER)["steps"] == [1]


def test_a_removed_run_is_not_found(tab: Tab, tmp_path: Path) -> None:
    tab.json("/timeline", run=RUN, layer=LAYER)
    shutil.rmtree(tmp_path / "d32")
    assert tab.error("/timeline", run=RUN, layer=LAYER) == (404, "run_not_found")
