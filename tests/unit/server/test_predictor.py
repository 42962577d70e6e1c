"""A model that is served elsewhere, over a real socket; and servers that are not one."""

from __future__ import annotations

import argparse
import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_attn import AttentionWriter, Privacy
from tensorboard_plugin_attn.portable.description import Served
from tensorboard_plugin_attn.portable.edits import Edit
from tensorboard_plugin_attn.server import predictor
from tensorboard_plugin_attn.server.predictor import RestPredictor
from tests.fixtures.logs import KEY
from tests.fixtures.portable_logs import HISTORIES, RUN, VOCABULARY, cohort
from tests.fixtures.portable_models import ITEMS, portable_model
from tests.fixtures.rest_predictor import PATH, Answer, predicting, respond, rest_server
from tests.fixtures.tab import Tab

MODEL = portable_model()
HISTORY = HISTORIES[0]
ASKED: dict[str, Any] = {"run": RUN, "user": 0, "steps": "latest"}


def logged(directory: Path) -> Path:
    with AttentionWriter(directory / RUN, cohort=cohort(), privacy=Privacy(key=KEY)) as writer:
        writer.portable_model(Served(ITEMS, 8), {}, items=VOCABULARY, step=3)
    return directory


def tab_with(directory: Path, url: str) -> Tab:
    return Tab(logged(directory), argparse.Namespace(attn_predictor=url))


def test_evidence_is_what_the_served_model_answers(tmp_path: Path) -> None:
    with rest_server(predicting(MODEL)) as (url, asked):
        answer = tab_with(tmp_path, url).json("/evidence", **ASKED)
    assert answer["source"] == "predictor"
    assert (answer["layers"], answer["attention"]) == ([], None)
    first = answer["recommendations"][0]
    numbers = {item["index"]: VOCABULARY.index(item["id"]) for item in answer["items"]}
    item = numbers[first["item"]]
    before = MODEL.predict(HISTORY, [Edit()])[0, item]
    for place, drop in enumerate(first["drop_when_deleted"]):
        after = MODEL.predict(HISTORY, [Edit(deleted=frozenset({place}))])[0, item]
        assert drop == pytest.approx(before - after, abs=1e-4)
    assert first["attention_gradient"] is None
    assert first["agreement"] == {"attention": None, "attention_gradient": None}
    assert {request["path"] for request in asked} == {PATH}
    assert all(len(row) == 8 for request in asked for row in request["instances"])


def test_what_can_be_asked_of_scores_can_be_asked(tmp_path: Path) -> None:
    with rest_server(predicting(MODEL)) as (url, _):
        tab = tab_with(tmp_path, url)
        first, second = tab.json("/evidence", **ASKED)["recommendations"][:2]
        whatif = tab.json("/whatif", **ASKED, deleted="0,2")
        contrast = tab.json("/contrast", **ASKED, item=first["item"], than=second["item"])
        counterfactual = tab.json("/counterfactual", **ASKED, item=first["item"])
        card = tab.json("/faithfulness", run=RUN, steps="latest")
        for query in ({"weights": "0:0.5"}, {"heads_off": "0.0"}):
            assert tab.get("/whatif", **ASKED, **query).status_code == 400
        inside = tab.error("/computation", **ASKED, layer="any", head=0)
    after = MODEL.predict(HISTORY, [Edit(deleted=frozenset({0, 2}))])[0]
    assert whatif["recommendations"][0]["score_after"] == pytest.approx(
        max(after[i] for i in range(1, ITEMS) if i not in HISTORY), abs=1e-4
    )
    assert whatif["attention_after"] is None
    assert contrast["contribution"] is None
    assert counterfactual["found"]
    assert [each["method"] for each in card["newest_aside"]] == ["random", "recency", "delete"]
    assert card["verdict"] == "unknown"
    assert inside == (422, "not_inside")


def test_without_an_address_it_says_which_flag(tmp_path: Path) -> None:
    assert Tab(logged(tmp_path)).error("/evidence", **ASKED) == (422, "no_predictor")


def sends(body: bytes, status: int = 200) -> Answer:
    return lambda handler, _: respond(handler, body, status)


def redirects(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
    handler.send_response(307)
    handler.send_header("Location", "http://127.0.0.1:1/elsewhere")
    handler.end_headers()


def too_few_rows(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
    respond(handler, json.dumps({"predictions": [[0.0] * ITEMS]}).encode())


def not_numbers(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
    rows = [[float("nan")] * ITEMS for _ in body["instances"]]
    respond(handler, json.dumps({"predictions": rows}).encode())


@pytest.mark.parametrize(
    "answer",
    [
        sends(b'{"error": "Servable not found"}', 404),
        sends(b"{}"),
        sends(b"[]"),
        sends(b"not json"),
        sends(b"[" * 10_000),
        sends(b'{"predictions": "many"}'),
        sends(b'{"predictions": [[1, 2], [3]]}'),
        sends(b" " * (1 << 20)),
        redirects,
        too_few_rows,
        not_numbers,
    ],
)
def test_what_is_not_a_prediction_is_a_503(tmp_path: Path, answer: Answer) -> None:
    with rest_server(answer) as (url, _):
        found = tab_with(tmp_path, url).error("/evidence", **ASKED)
    assert found == (503, "predictor_unavailable")


def test_nobody_there_is_a_503(tmp_path: Path) -> None:
    with rest_server(predicting(MODEL)) as (url, _):
        gone = url
    assert tab_with(tmp_path, gone).error("/evidence", **ASKED) == (503, "predictor_unavailable")


def test_one_that_never_answers_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predictor, "TIMEOUT_S", 0.2)
    import threading

    stop = threading.Event()
    with rest_server(lambda *_: stop.wait(20) and None) as (url, _):
        found = tab_with(tmp_path, url).error("/evidence", **ASKED)
        stop.set()
    assert found == (503, "predictor_unavailable")


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "localhost:8501", "http://", "http://host", "http://me:secret@host/x"],
)
def test_an_address_that_is_none_is_refused_and_stops_nothing(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValueError, match=r"give a URL|no user"):
        RestPredictor(url)
    assert tab_with(tmp_path, url).error("/evidence", **ASKED) == (422, "no_predictor")


def test_histories_are_padded_on_the_left_and_cut_to_the_newest() -> None:
    with rest_server(predicting(MODEL)) as (url, asked):
        RestPredictor(url).scores(Served(ITEMS, 4), [[5], [1, 2, 3, 4, 5, 6]])
    assert asked[0]["instances"] == [[0, 0, 0, 5], [3, 4, 5, 6]]
    np.testing.assert_array_equal(np.shape(asked[0]["instances"]), (2, 4))
