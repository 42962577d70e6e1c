"""`/evidence`, `/contrast`, `/counterfactual`, `/models`, `/items`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_attn import AttentionWriter
from tensorboard_plugin_attn.analysis import explain
from tensorboard_plugin_attn.portable.edits import Edit
from tests.fixtures.logs import LAYER, attention, event_files, write_log
from tests.fixtures.portable_logs import HISTORIES, LAYERS, RUN, VOCABULARY, cohort, write_models
from tests.fixtures.portable_models import ITEMS, portable_model
from tests.fixtures.tab import Tab

USER, STEP = 2, 2
HISTORY = HISTORIES[USER]
MODEL = portable_model(seed=STEP)
ASKED: dict[str, Any] = {"run": RUN, "user": USER, "steps": STEP}


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Tab:
    directory = tmp_path_factory.mktemp("models")
    write_models(directory / RUN)
    return Tab(directory)


@pytest.fixture(scope="module")
def evidence(tab: Tab) -> Any:
    return tab.json("/evidence", **ASKED)


def names(answer: Any) -> dict[int, int]:
    """Return the model's item of each of the run's numbers in an answer."""
    return {item["index"]: VOCABULARY.index(item["id"]) for item in answer["items"]}


def without(*places: int) -> np.ndarray:
    left = [item for place, item in enumerate(HISTORY) if place not in places]
    return MODEL.predict(left, [Edit()])[0]


def test_the_list_is_the_models_without_what_the_user_had(evidence: Any) -> None:
    of_model = names(evidence)
    scores = without()
    candidates = [i for i in range(1, ITEMS) if i not in HISTORY]
    expected = sorted(candidates, key=lambda item: -scores[item])[:10]
    rows = evidence["recommendations"]
    assert [of_model[row["item"]] for row in rows] == expected
    assert [row["rank"] for row in rows] == list(range(1, len(expected) + 1))
    np.testing.assert_allclose([row["score"] for row in rows], scores[expected], atol=1e-5)
    assert [of_model[item] for item in evidence["history"]] == HISTORY
    assert (evidence["step"], evidence["epoch"], evidence["heads"]) == (STEP, 0.2, 2)
    assert evidence["layers"] == list(LAYERS)


def test_drops_are_what_is_lost_when_an_item_was_never_there(evidence: Any) -> None:
    of_model = names(evidence)
    before = without()
    for row in evidence["recommendations"]:
        item = of_model[row["item"]]
        drops = [before[item] - without(place)[item] for place in range(len(HISTORY))]
        np.testing.assert_allclose(row["drop_when_deleted"], drops, atol=1e-4)
        assert (
            row["order"] == np.argsort(-np.array(row["drop_when_deleted"]), kind="stable").tolist()
        )
        logs = [
            explain.log_probabilities(before)[item] - explain.log_probabilities(without(p))[item]
            for p in range(len(HISTORY))
        ]
        np.testing.assert_allclose(row["log_probability_drop_when_deleted"], logs, atol=1e-4)
        masked = MODEL.predict(HISTORY, [Edit(weights={0: 0.0})])[0]
        assert row["drop_when_masked"][0] == pytest.approx(before[item] - masked[item], abs=1e-4)
    assert sum(row["probability"] for row in evidence["recommendations"]) < 1


def test_attention_is_that_of_the_place_that_predicts(evidence: Any) -> None:
    stages = MODEL.stages(MODEL.inputs(HISTORY, [Edit()]))
    for layer, stage in zip(evidence["attention_by_layer"], stages, strict=True):
        np.testing.assert_allclose(layer, stage.attention[0, :, -1].mean(axis=0), atol=1e-5)
    assert evidence["attention"] == evidence["attention_by_layer"][-1]
    np.testing.assert_allclose(evidence["attention_elsewhere"], 0, atol=1e-5)
    assert sum(evidence["rollout"]) == pytest.approx(1, abs=1e-4)


def test_contributions_sum_to_what_the_heads_add_to_the_score(evidence: Any) -> None:
    """Directly: through the residual stream, with the last normalisation held fixed."""
    last = MODEL.stages(MODEL.inputs(HISTORY, [Edit()]))[-1]
    added = last.output[0, -1] - MODEL.tensors["block_1.output.bias"]
    final = last.leaving[0, -1]
    frozen = (added - added.mean()) / np.sqrt(final.var() + 1e-5) * MODEL.tensors["norm.scale"]
    of_model = names(evidence)
    for row in evidence["recommendations"]:
        expected = frozen @ MODEL.item_table[of_model[row["item"]]]
        assert sum(row["contribution"]) == pytest.approx(expected, abs=1e-3)


def test_the_target_has_its_row_though_it_was_seen(tab: Tab) -> None:
    answer = tab.json("/evidence", run=RUN, user=1, steps=STEP, top=1)
    of_model = names(answer)
    assert 8 in HISTORIES[1]  # a target that is in the history stays a candidate
    assert of_model[answer["target"]["item"]] == 8
    assert len(answer["recommendations"]) == 1


def test_a_user_with_one_item_has_nothing_to_take_away(tab: Tab) -> None:
    answer = tab.json("/evidence", run=RUN, user=3, steps=STEP)
    assert answer["recommendations"][0]["drop_when_deleted"] == [0.0]
    assert answer["recommendations"][0]["agreement"]["attention"] is None


def test_a_contrast_is_the_difference_of_two_rows(tab: Tab, evidence: Any) -> None:
    first, second = evidence["recommendations"][:2]
    answer = tab.json("/contrast", **ASKED, item=first["item"], than=second["item"])
    assert answer["ranks"] == [1, 2]
    assert answer["lead"] == pytest.approx(first["score"] - second["score"], abs=1e-5)
    drops = np.array(first["drop_when_deleted"]) - second["drop_when_deleted"]
    np.testing.assert_allclose(answer["lead_drop_when_deleted"], drops, atol=2e-4)
    turned = (answer["lead"] - drops) < 0
    assert answer["turns_around"] == turned.tolist()


def test_without_the_counterfactual_set_another_item_is_first(tab: Tab, evidence: Any) -> None:
    first = evidence["recommendations"][0]["item"]
    answer = tab.json("/counterfactual", **ASKED, item=first)
    assert answer["found"] and answer["places"]
    scores = without(*answer["places"])
    excluded = np.isin(np.arange(ITEMS), [0, *HISTORY])
    of_model = names(answer)
    assert explain.best(scores, excluded, 1) == [of_model[answer["instead"]]]
    assert answer["rank_after"] > 1 == answer["rank_before"]
    assert answer["score_after"] == pytest.approx(scores[of_model[first]], abs=1e-4)
    assert [HISTORY[place] for place in answer["places"]] == [
        of_model[item] for item in answer["deleted"]
    ]


def test_only_an_item_that_is_on_the_list_can_be_taken_off(tab: Tab, evidence: Any) -> None:
    second = evidence["recommendations"][1]["item"]
    assert tab.error("/counterfactual", **ASKED, item=second) == (400, "bad_parameter")
    assert tab.json("/counterfactual", **ASKED, item=second, within=2)["rank_before"] == 2


def test_models_are_listed_and_the_step_may_be_named_in_three_ways(tab: Tab) -> None:
    assert tab.json("/models", run=RUN)["steps"] == [1, 2]
    [run] = tab.json("/runs")["runs"]
    assert run["has_models"]
    for steps, expected in (("latest", 2), ("at-or-before:99", 2), ("at-or-before:1", 1), ("1", 1)):
        assert tab.json("/evidence", run=RUN, user=0, steps=steps)["step"] == expected
    assert tab.error("/evidence", run=RUN, user=0, steps="3") == (404, "step_not_found")
    assert tab.error("/evidence", run=RUN, user=0, steps="1-2") == (413, "response_too_large")
    assert tab.error("/evidence", run=RUN, user=9, steps="1") == (404, "user_not_found")
    assert tab.error("/contrast", **ASKED, item=99, than=0) == (404, "item_not_found")


def test_items_are_searched_by_every_word(tab: Tab) -> None:
    everything = tab.json("/items", run=RUN, steps=STEP, query="")
    assert everything["count"] == ITEMS - 1
    [found] = tab.json("/items", run=RUN, steps=STEP, query="ITEM i11")["items"]
    assert (found["id"], found["label"]) == ("i11", "Item 11")
    assert tab.json("/items", run=RUN, steps=STEP, query="nothing")["items"] == []
    assert tab.error("/items", run=RUN, steps=STEP, query="x" * 300) == (400, "bad_parameter")


def test_a_run_without_models_says_what_to_do(tmp_path: Path) -> None:
    write_log(tmp_path / RUN)
    tab = Tab(tmp_path)
    assert tab.json("/models", run=RUN)["steps"] == []
    response = tab.get("/evidence", run=RUN, user=0, steps="latest")
    assert response.status_code == 404
    assert response.json["error"]["code"] == "no_model"
    assert "portable=" in response.json["error"]["hint"]


def test_a_damaged_model_is_said_to_be_and_the_others_live_on(tmp_path: Path) -> None:
    file = write_models(tmp_path / RUN, [1, 2])
    data = bytearray(file.read_bytes())
    place = data.index(portable_model(seed=1).tensors["positions"].tobytes())
    data[place] ^= 1
    file.write_bytes(data)
    tab = Tab(tmp_path)
    assert tab.error("/evidence", run=RUN, user=0, steps=1) == (422, "model_unusable")
    assert tab.json("/evidence", run=RUN, user=0, steps=2)["step"] == 2


def test_a_user_whose_history_is_not_in_the_log_cannot_be_explained(tmp_path: Path) -> None:
    model = portable_model()
    with AttentionWriter(tmp_path) as writer:
        writer.attention(LAYER, attention(users=1), step=1)
        writer.portable_model(model.description, model.tensors, items=VOCABULARY, step=1)
    assert Tab(tmp_path).error("/evidence", run=".", user=0, steps=1) == (422, "no_history")


def test_an_answer_is_known_by_its_tag_until_the_model_is_another(tmp_path: Path) -> None:
    write_models(tmp_path / RUN, [1])
    tab = Tab(tmp_path)
    first = tab.get("/evidence", run=RUN, user=0, steps="latest")
    etag = first.headers["ETag"]
    again = tab.get("/evidence", run=RUN, user=0, steps="latest", header_If_None_Match=etag)
    assert again.status_code == 304
    assert len(event_files(tmp_path)) == 1
    with AttentionWriter(tmp_path / RUN, cohort=cohort()) as writer:
        model = portable_model(seed=5)
        writer.portable_model(model.description, model.tensors, items=VOCABULARY, step=1)
    changed = tab.get("/evidence", run=RUN, user=0, steps="latest", header_If_None_Match=etag)
    assert changed.status_code == 200
    assert changed.json["recommendations"] != first.json["recommendations"]
