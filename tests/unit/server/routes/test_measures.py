"""`/measures`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_attn import AttentionWriter
from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.analysis import measures
from tensorboard_plugin_attn.measures_codec import NAMES
from tensorboard_plugin_attn.reading.sessions import FrameInfo
from tensorboard_plugin_attn.server.routes.measures import (
    MAX_POINTS,
    MAX_RARE_POINTS,
    points,
    thinned,
)
from tests.fixtures.logs import (
    LAYER,
    attention,
    cohort,
    event_files,
    event_path,
    frame_event,
    write_events,
)
from tests.fixtures.tab import Tab

RUN = "d32/attention"


def test_there_is_one_number_per_step_and_head(tab: Tab) -> None:
    body = tab.json("/measures", run=RUN, layer=LAYER, user=1)
    assert body["steps"] == [1, 2, 3]
    assert set(body["measures"]) == set(NAMES)
    for place, step in enumerate(body["steps"]):
        expected = measures.measure(attention(seed=step)[1])
        for name in set(NAMES) - {"importance"}:
            values = getattr(expected, name)
            assert body["measures"][name][place] == pytest.approx(
                values, rel=2e-3
            )  # float16, and 2^entropy


def test_every_measure_has_a_name_here() -> None:
    stored = {field.name for field in dataclasses.fields(measures.Measures)}
    assert set(NAMES) == stored | {"effective_span", "importance"}


def test_importance_is_null_where_no_gradients_were_taken(tmp_path: Path) -> None:
    importance = np.array([[0.5, 2.0], [np.nan, np.nan]])
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        writer.attention(LAYER, attention(), step=1, importance=importance)
        writer.attention(LAYER, attention(), step=2)
    tab = Tab(tmp_path)
    body = tab.json("/measures", run=".", layer=LAYER, user=0)
    assert body["measures"]["importance"] == [[0.5, 2.0], [None, None]]
    body = tab.json("/measures", run=".", layer=LAYER, user=1)  # has no target
    assert body["measures"]["importance"] == [[None, None], [None, None]]


@pytest.mark.parametrize("packed", [b"", b"odd", b"7 half floats."])
def test_a_frame_without_measures_has_nulls(tmp_path: Path, packed: bytes) -> None:
    def forget(chunk: pb.Chunk) -> None:
        chunk.measures.packed = packed

    write_events(event_path(tmp_path), [frame_event(1, chunk=forget)])
    body = Tab(tmp_path).json("/measures", run=".", layer=LAYER, user=0)
    assert body["steps"] == [1]
    assert None in body["measures"]["recency"][0]


def test_a_header_that_claims_many_heads_makes_no_long_answer(tmp_path: Path) -> None:
    def forget(chunk: pb.Chunk) -> None:
        chunk.measures.Clear()

    write_events(event_path(tmp_path), [frame_event(1, chunk=forget, head_count=2**32 - 1)])
    body = Tab(tmp_path).json("/measures", run=".", layer=LAYER, user=0)
    assert len(body["measures"]["recency"][0]) == 64


def test_a_layer_with_one_head_has_no_similarity(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        writer.attention(LAYER, attention(heads=1), step=1)
    body = Tab(tmp_path).json("/measures", run=".", layer=LAYER, user=0)
    assert body["measures"]["head_similarity"] == [[None]]


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({}, (400, "bad_parameter")),
        ({"run": RUN}, (400, "bad_parameter")),
        ({"run": RUN, "layer": LAYER}, (400, "bad_parameter")),
        ({"run": RUN, "layer": LAYER, "user": "x"}, (400, "bad_parameter")),
        ({"run": "no", "layer": LAYER, "user": 0}, (404, "run_not_found")),
        ({"run": RUN, "layer": "no", "user": 0}, (404, "layer_not_found")),
        ({"run": RUN, "layer": LAYER, "user": 2}, (404, "user_not_found")),
    ],
)
def test_bad_requests_are_told_apart(
    tab: Tab, query: dict[str, object], error: tuple[int, str]
) -> None:
    assert tab.error("/measures", **query) == error


def test_rejected_steps_are_left_out(tmp_path: Path) -> None:
    bad = attention()
    bad[0] = np.nan
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        writer.attention(LAYER, attention(), step=1)
        writer.attention(LAYER, bad, step=2)
    tab = Tab(tmp_path)
    assert tab.json("/measures", run=".", layer=LAYER, user=0)["steps"] == [1]
    assert tab.json("/measures", run=".", layer=LAYER, user=1)["steps"] == [1, 2]


def test_numbers_that_are_none_are_null(tmp_path: Path) -> None:
    def spoil(chunk: pb.Chunk) -> None:
        cells = np.frombuffer(chunk.measures.packed, "<f2").copy()
        cells[2:4] = np.nan, np.inf  # recency stands second
        chunk.measures.packed = cells.tobytes()

    write_events(event_path(tmp_path), [frame_event(1, chunk=spoil)])
    body = Tab(tmp_path).json("/measures", run=".", layer=LAYER, user=0)
    assert body["measures"]["recency"] == [[None, None]]


def test_a_vanished_file_is_unavailable(tab: Tab, tmp_path: Path) -> None:
    tab.json("/status")
    tab.plugin._runs._refresh_every_s = 3600
    event_files(tmp_path)[0].unlink()
    error = tab.error("/measures", run=RUN, layer=LAYER, user=0)
    assert error == (503, "unavailable")


@pytest.mark.parametrize("count", [0, 1, 2, 999, 1000, 1001, 5000])
def test_long_trainings_are_thinned_evenly_with_both_ends(count: int) -> None:
    frames = list(range(count))
    chosen = thinned(frames, MAX_POINTS)
    assert len(chosen) == min(count, MAX_POINTS)
    assert chosen == sorted(set(chosen))
    assert chosen[:1] == frames[:1]
    assert chosen[-1:] == frames[-1:]


@pytest.mark.parametrize(("count", "every"), [(900, 7), (5000, 1), (5000, 97), (20000, 30)])
def test_steps_with_importance_are_kept(count: int, every: int) -> None:
    frames = [
        FrameInfo(step, None, 0.0, "a", step, None, has_importance=step % every == 3)
        for step in range(count)
    ]
    chosen = points(frames)
    steps = [frame.step for frame in chosen]
    assert steps == sorted(set(steps))
    assert len(steps) <= MAX_POINTS
    assert (steps[0], steps[-1]) == (0, count - 1)
    rare = [frame for frame in frames if frame.has_importance]
    kept = [frame for frame in chosen if frame.has_importance]
    assert len(kept) >= min(len(rare), MAX_RARE_POINTS)
