"""`/rollout`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_attn import AttentionWriter
from tensorboard_plugin_attn.analysis.rollout import rollout
from tensorboard_plugin_attn.server import budget
from tests.fixtures.logs import (
    LAYER,
    attention,
    cohort,
    event_files,
    event_path,
    frame_event,
    write_events,
    write_log,
)
from tests.fixtures.tab import Tab, unpack

RUN = "d32/attention"
LAYERS = ("block_0/attention", "block_1/attention")


@pytest.fixture
def stacked(tmp_path: Path) -> Tab:
    write_log(tmp_path / RUN, layers=LAYERS, precision="exact")
    return Tab(tmp_path)


def test_it_is_the_rollout_of_what_was_captured_in_the_container_of_frames(stacked: Tab) -> None:
    answer = unpack(stacked.get("/rollout", run=RUN, user=1, steps="1-3,9").data)
    assert answer.header["layers"] == list(LAYERS)
    assert (answer.header["head_count"], answer.header["user"]) == (1, 1)
    assert answer.steps == [1, 2, 3]
    assert answer.absent == {9: "not_logged"}
    for frame in answer.header["frames"]:
        captured = attention(seed=frame["step"])[1]
        expected = rollout([captured, captured])
        assert frame["layout"] == "LOWER_TRIANGLE"
        assert answer.attention(frame)[0] == pytest.approx(expected, abs=0.004)


def test_a_step_that_a_layer_lacks_is_absent_with_its_name(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        writer.attention(LAYERS[0], attention(), step=1, causal=True)
        for step in (1, 2):
            writer.attention(LAYERS[1], attention(), step=step, layer_index=1, causal=True)
    answer = unpack(Tab(tmp_path).get("/rollout", run=".", user=0, steps="1-2").data)
    assert answer.steps == [1]
    assert answer.header["absent"] == [{"step": 2, "reason": "not_logged", "detail": LAYERS[0]}]


def test_layers_over_other_positions_cannot_be_joined(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        writer.attention(LAYERS[0], attention(queries=4), step=1, causal=True)
        writer.attention(LAYERS[1], attention(queries=3), step=1, layer_index=1, causal=True)
    answer = unpack(Tab(tmp_path).get("/rollout", run=".", user=0, steps="1").data)
    assert answer.absent == {1: "not_computable"}


def test_cross_attention_is_no_part_of_it(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        writer.attention("cross", attention(queries=2, keys=4), step=1, kind="cross")
    assert Tab(tmp_path).error("/rollout", run=".", user=0, steps="1") == (404, "layer_not_found")


def test_a_rejected_user_is_absent(tmp_path: Path) -> None:
    bad = attention()
    bad[0] = np.nan
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        writer.attention(LAYER, bad, step=1, causal=True)
    tab = Tab(tmp_path)
    assert unpack(tab.get("/rollout", run=".", user=0, steps="1").data).absent == {1: "rejected"}
    assert unpack(tab.get("/rollout", run=".", user=1, steps="1").data).steps == [1]


def test_it_is_computed_once_and_known_by_its_tag(stacked: Tab) -> None:
    stacked.json("/status")
    stacked.plugin._runs._refresh_every_s = 3600
    first = stacked.get("/rollout", run=RUN, user=1, steps="1-3")
    event_files(stacked.logdir)[0].unlink()
    assert stacked.get("/rollout", run=RUN, user=1, steps="1-3").data == first.data
    tag = first.headers["ETag"]
    again = stacked.get("/rollout", run=RUN, user=1, steps="1-3", header_If_None_Match=tag)
    assert again.status_code == 304
    assert stacked.error("/rollout", run=RUN, user=0, steps="1-3") == (503, "unavailable")


def test_a_new_attempt_is_computed_anew(tmp_path: Path) -> None:
    write_events(event_path(tmp_path), [frame_event(1)])
    tab = Tab(tmp_path)
    first = tab.get("/rollout", run=".", user=0, steps="1")
    later = frame_event(1, attempt="b", start_time_s=4e9)
    write_events(event_path(tmp_path, "b"), [later])
    assert tab.get("/rollout", run=".", user=0, steps="1").headers["ETag"] != first.headers["ETag"]


def test_too_long_is_a_503_and_too_many_a_413(
    stacked: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stacked.error("/rollout", run=RUN, user=0, steps=",".join(map(str, range(101)))) == (
        413,
        "response_too_large",
    )
    monkeypatch.setattr(budget.Budget.__init__, "__defaults__", (-1.0, 10.0))
    assert stacked.error("/rollout", run=RUN, user=0, steps="1") == (503, "timeout")


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({}, (400, "bad_parameter")),
        ({"run": RUN, "user": 0}, (400, "bad_parameter")),
        ({"run": RUN, "user": 2, "steps": 1}, (404, "user_not_found")),
        ({"run": "no", "user": 0, "steps": 1}, (404, "run_not_found")),
    ],
)
def test_bad_requests_are_told_apart(
    stacked: Tab, query: dict[str, object], error: tuple[int, str]
) -> None:
    assert stacked.error("/rollout", **query) == error
