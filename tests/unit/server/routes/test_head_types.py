"""`/head_types`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_attn import AttentionWriter, Cohort, Item, User
from tensorboard_plugin_attn.analysis.head_type import Geometry, mean_scores, scores_of, type_of
from tests.fixtures.logs import LAYER, attention, cohort, event_path, frame_event, write_events
from tests.fixtures.tab import Tab

SIZE = 12


def test_types_rest_on_means_over_the_cohort(tmp_path: Path) -> None:
    values = attention(3, queries=SIZE)
    with AttentionWriter(tmp_path, cohort=cohort(3, SIZE), precision="exact") as writer:
        writer.attention(LAYER, values, step=4, causal=True)
    body = Tab(tmp_path).json("/head_types", run=".", step=9)
    [layer] = body["layers"]
    assert (layer["name"], layer["step"], layer["users"], layer["cohort_size"]) == (LAYER, 4, 3, 3)
    for head, found in enumerate(layer["heads"]):
        scores = mean_scores([scores_of(user, Geometry(0, True))[head] for user in values])
        word, score = type_of(scores)
        assert (found["type"], found["score"]) == (word, pytest.approx(score, rel=1e-4))
        assert found["scores"]["near"] == pytest.approx(scores.near, rel=1e-4)
        assert found["scores"]["same_category"] is None


def test_a_head_that_looks_at_items_of_one_category_is_called_so(tmp_path: Path) -> None:
    names = [f"i{n}" for n in range(SIZE)]
    items = {
        n: Item(n, attributes={"category": "abcd"[place % 4]}) for place, n in enumerate(names)
    }
    place = np.arange(SIZE)
    back = place[:, None] - place
    cells = np.where((back > 0) & (back % 4 == 0), 1.0, 0.02) * (back >= 0)
    cells = (cells / cells.sum(axis=1, keepdims=True)).astype(np.float32)[None, None]
    with AttentionWriter(tmp_path, cohort=Cohort((User("u", tuple(names)),), items)) as writer:
        writer.attention(LAYER, cells, step=1, causal=True)
    [layer] = Tab(tmp_path).json("/head_types", run=".", step=1)["layers"]
    assert layer["heads"][0]["type"] == "category"
    scores = layer["heads"][0]["scores"]
    assert scores["same_category"] > 1.5 * scores["even_category"]


def test_layers_without_a_step_so_far_are_left_out(tmp_path: Path) -> None:
    write_events(event_path(tmp_path), [frame_event(5)])
    assert Tab(tmp_path).json("/head_types", run=".", step=4)["layers"] == []


def test_damage_leaves_no_users(tmp_path: Path) -> None:
    def spoil(chunk: object) -> None:
        chunk.crc32c = 1  # type: ignore[attr-defined]

    write_events(event_path(tmp_path), [frame_event(1, chunk=spoil)])
    [layer] = Tab(tmp_path).json("/head_types", run=".", step=1)["layers"]
    assert (layer["users"], layer["heads"]) == (0, [])


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"step": 1}, (400, "bad_parameter")),
        ({"run": "d32/attention"}, (400, "bad_parameter")),
        ({"run": "no", "step": 1}, (404, "run_not_found")),
    ],
)
def test_bad_requests_are_told_apart(
    tab: Tab, query: dict[str, object], error: tuple[int, str]
) -> None:
    assert tab.error("/head_types", **query) == error
