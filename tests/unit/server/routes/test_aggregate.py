"""`/aggregate`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_attn import AttentionWriter
from tensorboard_plugin_attn import attn_pb2 as pb
from tests.fixtures.logs import LAYER, attention, cohort, event_path, frame_event, write_events
from tests.fixtures.tab import Frames, Tab, unpack


def lengths_log(directory: Path, sizes: list[int]) -> Tab:
    """A log in which user `i` has a history of `sizes[i]` items."""
    users = [attention(1, 2, size, seed=size)[0] for size in sizes]
    with AttentionWriter(directory, cohort=cohort(len(sizes)), precision="exact") as writer:
        writer.attention(LAYER, users, step=1, causal=True)
    return Tab(directory)


def aggregate(tab: Tab, **query: object) -> Frames:
    response = tab.get("/aggregate", run=".", layer=LAYER, steps="1", **query)
    assert response.status_code == 200, response.text
    return unpack(response.data)


def test_users_are_aligned_on_their_newest_items(tmp_path: Path) -> None:
    answer = aggregate(lengths_log(tmp_path, [4, 2]))
    [frame] = answer.header["frames"]
    long, short = (attention(1, 2, size, seed=size)[0] for size in (4, 2))
    expected = long.copy()
    expected[:, 2:] /= 2
    expected[:, 2:, 2:] += short / 2
    assert (frame["users"], frame["users_of_query"]) == (2, [1, 1, 2, 2])
    assert frame["layout"] == "LOWER_TRIANGLE"
    assert answer.attention(frame) == pytest.approx(expected, abs=0.004)
    assert (answer.header["user"], answer.header["cohort_size"]) == (None, 2)


def test_the_maximum_is_the_largest_of_any_user(tmp_path: Path) -> None:
    answer = aggregate(lengths_log(tmp_path, [3, 3]), how="max")
    [frame] = answer.header["frames"]
    assert answer.header["how"] == "max"
    assert answer.attention(frame) == pytest.approx(attention(1, 2, 3, seed=3)[0], abs=0.004)


def test_who_was_rejected_is_not_counted(tmp_path: Path) -> None:
    values = attention(3)
    values[1] = np.nan
    with AttentionWriter(tmp_path, cohort=cohort(3), precision="exact") as writer:
        writer.attention(LAYER, values, step=1, causal=True)
    answer = aggregate(Tab(tmp_path))
    [frame] = answer.header["frames"]
    assert frame["users"] == 2
    assert answer.attention(frame) == pytest.approx(values[[0, 2]].mean(axis=0), abs=0.004)


def test_without_anyone_the_step_is_absent_with_the_reason(tmp_path: Path) -> None:
    values = np.full_like(attention(), np.nan)
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        writer.attention(LAYER, values, step=1, causal=True)
        writer.attention(LAYER, attention(), step=2, causal=True)
    assert aggregate(Tab(tmp_path)).absent == {1: "rejected"}


def test_shapes_that_only_together_are_too_large_are_refused(tmp_path: Path) -> None:
    def stretch(chunk: pb.Chunk) -> None:
        longer = chunk.query_length == 4 and not stretched
        stretched.append(chunk)
        chunk.layout = pb.FULL
        chunk.query_length, chunk.key_length = (8192, 1) if longer else (1, 8192)

    stretched: list[pb.Chunk] = []
    write_events(event_path(tmp_path), [frame_event(1, chunk=stretch)])
    assert aggregate(Tab(tmp_path)).absent == {1: "not_computable"}


def test_a_large_cohort_is_answered_from_200_of_its_users(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path, cohort=cohort(230)) as writer:
        writer.attention(LAYER, attention(230, heads=1, queries=2), step=1, causal=True)
    answer = aggregate(Tab(tmp_path))
    assert answer.header["cohort_size"] == 230
    assert answer.header["frames"][0]["users"] == 200


def test_steps_times_users_are_bounded(tmp_path: Path) -> None:
    tab = lengths_log(tmp_path, [2, 2])
    steps = ",".join(map(str, range(101)))
    error = tab.error("/aggregate", run=".", layer=LAYER, steps=steps)
    assert error == (413, "response_too_large")


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({}, (400, "bad_parameter")),
        ({"run": ".", "layer": LAYER}, (400, "bad_parameter")),
        ({"run": ".", "layer": LAYER, "steps": 1, "how": "sum"}, (400, "bad_parameter")),
        ({"run": ".", "layer": "no", "steps": 1}, (404, "layer_not_found")),
    ],
)
def test_bad_requests_are_told_apart(
    tmp_path: Path, query: dict[str, object], error: tuple[int, str]
) -> None:
    assert lengths_log(tmp_path, [2, 2]).error("/aggregate", **query) == error
