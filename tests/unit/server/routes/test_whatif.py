"""`/whatif`, `/whatif_attention` and `/computation`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_attn.portable.edits import Added, Edit
from tensorboard_plugin_attn.server.routes import whatif
from tests.fixtures.portable_logs import HISTORIES, LAYERS, RUN, VOCABULARY, write_models
from tests.fixtures.portable_models import portable_model
from tests.fixtures.tab import Tab, unpack

USER, STEP = 0, 1
HISTORY = HISTORIES[USER]
MODEL = portable_model(seed=STEP)
ASKED: dict[str, Any] = {"run": RUN, "user": USER, "steps": STEP}


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Tab:
    directory = tmp_path_factory.mktemp("models")
    write_models(directory / RUN)
    return Tab(directory)


def numbers(tab: Tab) -> dict[int, int]:
    """Return the run's number of the model's items."""
    items = tab.json("/items", run=RUN, steps=STEP, query="")["items"]
    return {VOCABULARY.index(item["id"]): item["index"] for item in items}


EDITS = [
    ({}, Edit()),
    ({"deleted": "0,3"}, Edit(deleted=frozenset({0, 3}))),
    ({"weights": "1:0.5,4:4,2:0"}, Edit(weights={1: 0.5, 4: 4.0, 2: 0.0})),
    ({"heads_off": "0.1,1.0"}, Edit(heads_off=frozenset({(0, 1), (1, 0)}))),
    ({"layers_off": "1"}, Edit(layers_off=frozenset({1}))),
    ({"added": "6:3"}, Edit(added=[Added(6, 3)])),
    (
        {"deleted": "5", "weights": "0:2", "added": "0:8:0.5,6:10", "heads_off": "1.1"},
        Edit(
            deleted=frozenset({5}),
            weights={0: 2.0},
            added=[Added(0, 8, 0.5), Added(6, 10)],
            heads_off=frozenset({(1, 1)}),
        ),
    ),
]


def in_run_numbers(query: dict[str, str], number: dict[int, int]) -> dict[str, str]:
    """Return `query` with the model's items in `added` by the run's numbers."""
    if "added" not in query:
        return query
    parts = [part.split(":") for part in query["added"].split(",")]
    added = [":".join([place, str(number[int(item)]), *rest]) for place, item, *rest in parts]
    return {**query, "added": ",".join(added)}


@pytest.mark.parametrize(("query", "edit"), EDITS)
def test_the_list_is_what_the_model_answers(tab: Tab, query: dict[str, str], edit: Edit) -> None:
    number = numbers(tab)
    answer = tab.json("/whatif", **ASKED, **in_run_numbers(query, number))
    before, after = MODEL.predict(HISTORY, [Edit(), edit])
    taken = {*HISTORY, *(each.item for each in edit.added)} - {8}  # the target stays
    candidates = [item for item in number if item not in taken]
    order = sorted(candidates, key=lambda item: -after[item])[:10]
    rows = answer["recommendations"]
    assert [row["item"] for row in rows] == [number[item] for item in order]
    assert [row["rank_after"] for row in rows] == list(range(1, len(order) + 1))
    np.testing.assert_allclose([row["score_after"] for row in rows], after[order], atol=1e-5)
    np.testing.assert_allclose([row["score_before"] for row in rows], before[order], atol=1e-5)
    assert answer["is_unchanged"] == edit.is_nothing
    had = sorted((i for i in number if i not in HISTORY), key=lambda item: -before[item])[:10]
    gone = {row["item"] for row in answer["gone"]}
    assert gone == {number[i] for i in had} - {row["item"] for row in rows}
    assert answer["target"]["score_after"] == pytest.approx(after[8], abs=1e-5)


def test_what_was_changed_is_said_back(tab: Tab) -> None:
    number = numbers(tab)
    query = in_run_numbers(EDITS[-1][0], number)
    answer = tab.json("/whatif", **ASKED, **query)
    assert answer["edit"] == {
        "deleted": [5],
        "weights": [{"place": 0, "weight": 2.0}],
        "added": [
            {"place": 0, "item": number[8], "weight": 0.5},
            {"place": 6, "item": number[10], "weight": 1.0},
        ],
        "heads_off": [{"layer": 1, "head": 1}],
        "layers_off": [],
    }
    assert answer["history_after"]["places"] == [None, 0, 1, 2, 3, 4, None]
    assert answer["history_after"]["weights"] == [0.5, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    assert {item["index"] for item in answer["items"]} >= {
        *answer["history"],
        *answer["history_after"]["items"],
        *(row["item"] for row in answer["recommendations"]),
    }


def test_effective_weights_are_attention_over_the_heads_that_are_on(tab: Tab) -> None:
    answer = tab.json("/whatif", **ASKED, deleted="0", heads_off="1.1", layers_off="0")
    stages = MODEL.stages(
        MODEL.inputs(
            HISTORY,
            [Edit(frozenset({0}), heads_off=frozenset({(1, 1)}), layers_off=frozenset({0}))],
        )
    )
    assert answer["attention_after"][0] == [0.0] * 5
    expected = stages[1].attention[0, 0, -1]
    np.testing.assert_allclose(answer["attention_after"][1], expected, atol=1e-5)
    assert len(answer["attention_before"][0]) == len(HISTORY)
    np.testing.assert_allclose(np.sum(answer["attention_before"], axis=1), 1, atol=1e-4)


def test_the_attention_map_is_that_of_the_changed_input(tab: Tab) -> None:
    query = {"layer": LAYERS[0], "weights": "2:0"}
    found = unpack(tab.get("/whatif_attention", **ASKED, **query).data)
    [frame] = found.header["frames"]
    expected = MODEL.stages(MODEL.inputs(HISTORY, [Edit(weights={2: 0.0})]))[0].attention[0]
    np.testing.assert_allclose(found.attention(frame), expected, atol=0.004)
    assert frame["layout"] == "LOWER_TRIANGLE"
    assert tab.error("/whatif_attention", **ASKED, layer="other") == (404, "layer_not_found")


@pytest.mark.parametrize(
    "query",
    [
        {"deleted": "6"},
        {"deleted": "-1"},
        {"deleted": "1,"},
        {"deleted": "0,1,2,3,4,5"},
        {"weights": "0"},
        {"weights": "0:-1"},
        {"weights": "0:nan"},
        {"weights": "0:1e9"},
        {"weights": "0:101"},
        {"weights": ",".join(f"{place}:0" for place in range(6))},
        {"added": "7:1"},
        {"added": "0:99"},
        {"added": ",".join(["0:1"] * 21)},
        {"heads_off": "0"},
        {"heads_off": "2.0"},
        {"heads_off": "0.2"},
        {"layers_off": "2"},
        {"top": "0"},
        {"top": "51"},
    ],
)
def test_what_cannot_be_asked_is_a_400(tab: Tab, query: dict[str, str]) -> None:
    assert tab.error("/whatif", **ASKED, **query) == (400, "bad_parameter")


def test_two_compute_at_once_and_a_third_is_told_to_come_again(
    tab: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whatif, "WAIT_S", 0.01)
    with whatif.slot(), whatif.slot():
        response = tab.get("/whatif", **ASKED, weights="0:3.5")
    assert (response.status_code, response.json["error"]["code"]) == (503, "busy")
    assert response.headers["Retry-After"] == "1"
    assert tab.json("/whatif", **ASKED, weights="0:3.5")["edit"]["weights"]


@pytest.mark.parametrize("query", [None, 2])
@pytest.mark.parametrize("edit", [{}, {"weights": "1:0.25,0:0", "deleted": "4"}])
def test_each_stage_follows_from_the_one_before(
    tab: Tab, query: int | None, edit: dict[str, str]
) -> None:
    place = {} if query is None else {"query": query}
    of = tab.json("/computation", **ASKED, **place, **edit, layer=LAYERS[1], head=1)
    projection = {name: np.array(value) for name, value in of["projection"].items()}
    scores = projection["keys"] @ projection["query"]
    np.testing.assert_allclose(of["scores"], scores, atol=1e-3)
    np.testing.assert_allclose(of["scaled"], np.array(of["scores"]) * of["scale"], atol=1e-3)
    weight = {1: 0.25, 0: 0.0} if edit else {}
    log_weight = [np.log(weight[p]) if weight.get(p) else 0.0 for p in of["places"]]
    at = of["query"]
    for key, masked in enumerate(of["masked"]):
        ruled_out = key > at or weight.get(of["places"][key]) == 0
        assert of["applies"][key] == (not ruled_out)
        if ruled_out:
            assert masked is None
        else:
            assert masked == pytest.approx(of["scaled"][key] + log_weight[key], abs=1e-3)
    powers = [0.0 if masked is None else np.exp(masked) for masked in of["masked"]]
    np.testing.assert_allclose(of["attention"], np.array(powers) / sum(powers), atol=1e-4)
    weighted = np.array(of["attention"])[:, None] * projection["values"]
    np.testing.assert_allclose(of["weighted"], weighted, atol=1e-4)
    np.testing.assert_allclose(of["head_output"], weighted.sum(axis=0), atol=1e-3)
    np.testing.assert_allclose(of["weighted_size"], np.linalg.norm(weighted, axis=1), atol=1e-4)


def test_a_mask_is_a_key_without_an_item(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("mask")
    write_models(directory / RUN, [1], predicts_from="mask")
    of = Tab(directory).json("/computation", **ASKED, layer=LAYERS[0], head=0)
    assert (of["keys"][-1], of["places"][-1]) == (None, None)
    assert of["query"] == len(HISTORY)
    evidence = Tab(directory).json("/evidence", **ASKED)
    assert all(0 < elsewhere < 1 for elsewhere in evidence["attention_elsewhere"])


def test_a_head_or_query_that_is_not_there_is_a_400(tab: Tab) -> None:
    for query in ({"head": 2}, {"head": 0, "query": 6}):
        asked = {**ASKED, "layer": LAYERS[0], **query}
        assert tab.error("/computation", **asked) == (400, "bad_parameter")
