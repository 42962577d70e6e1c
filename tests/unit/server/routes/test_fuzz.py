"""Any query to any route is an answer: 200, 304, 4xx or 503, and says nothing it should not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.fixtures.logs import LAYER, event_path, frame_event, write_events, write_log
from tests.fixtures.portable_logs import write_models
from tests.fixtures.tab import Tab

ROUTES = (
    "/aggregate",
    "/catalogue",
    "/compare",
    "/computation",
    "/contrast",
    "/counterfactual",
    "/drift",
    "/evidence",
    "/explain.js",
    "/exports.js",
    "/faithfulness",
    "/feedback",
    "/feedback/decide",
    "/feedback/decisions",
    "/feedback/say",
    "/feedback/undo",
    "/frames",
    "/head_types",
    "/index.js",
    "/items",
    "/measures",
    "/models",
    "/recommendations",
    "/rollout",
    "/runs",
    "/status",
    "/timeline",
    "/whatif",
    "/whatif_attention",
)
ALLOWED = {200, 304, 400, 403, 404, 405, 409, 411, 413, 414, 415, 422, 429, 503}

odd_text = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["", ".", "..", "../../etc/passwd", "\0", "%00", "NaN", "-1", "1e9", "<script>", "'; --"]
    ),
)
runs = st.one_of(st.sampled_from(["d32/attention", "newer", "broken", "replayed"]), odd_text)
layers = st.one_of(st.sampled_from([LAYER, "other"]), odd_text)
numbers = st.one_of(st.integers(-5, 10**25).map(str), odd_text)
step_lists = st.one_of(
    st.sampled_from(["latest", "1", "1-3", "0-9999999999", "at-or-before:2", "3-1", "1,2,9"]),
    st.lists(st.integers(0, 400).map(str), max_size=300).map(",".join),
    odd_text,
)
edits = st.one_of(
    st.sampled_from(["0,1", "0:0.5", "1:2", "6:3:0.5", "0.1", "0", "0:999", "9999999999:1", "1.9"]),
    st.lists(st.integers(0, 9).map(str), max_size=40).map(",".join),
    odd_text,
)
queries = st.fixed_dictionaries(
    {},
    optional={
        "run": runs,
        "layer": layers,
        "user": numbers,
        "steps": step_lists,
        "since": numbers,
        "pin": odd_text,
        "step": numbers,
        "to": numbers,
        "how": st.one_of(st.sampled_from(["mean", "max"]), odd_text),
        "other_run": runs,
        "other_layer": layers,
        "other_step": numbers,
        "unknown": odd_text,
        "query": numbers,
        "top": numbers,
        "users": numbers,
        "item": numbers,
        "than": numbers,
        "within": numbers,
        "head": numbers,
        "deleted": edits,
        "weights": edits,
        "added": edits,
        "heads_off": edits,
        "layers_off": edits,
    },
)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    logdir = tmp_path_factory.mktemp("secret-directory")
    write_log(logdir / "d32" / "attention", range(1, 6))
    write_events(event_path(logdir / "newer"), [frame_event(1, format_version=2)])
    write_models(logdir / "replayed", [1, 2])
    bad = frame_event(2)
    bad.summary.value[0].tensor.string_val[0] = b"bad"
    write_events(event_path(logdir / "broken"), [frame_event(1), bad])
    tab = Tab(logdir)
    tab.json("/status")
    tab.plugin._runs._refresh_every_s = 3600
    yield tab


def check(tab: Tab, route: str, status: int, body: bytes) -> None:
    assert status in ALLOWED, (route, status)
    assert b"Traceback" not in body
    assert b"secret-directory" not in body
    assert str(Path(tab.logdir)).encode() not in body
    if status >= 400:
        assert set(json.loads(body)["error"]) == {"code", "message", "hint"}


@pytest.mark.parametrize("route", ROUTES)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=queries)
def test_any_parameters_are_an_answer(fuzzed: Tab, route: str, query: dict[str, str]) -> None:
    response = fuzzed.get(route, **query)
    check(fuzzed, route, response.status_code, response.data)
    assert response.status_code != 503


@pytest.mark.parametrize("route", ROUTES)
@settings(max_examples=75, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=60), host=st.sampled_from(["localhost", "evil.example"]))
@example(raw=b"run=%ff%fe&layer=%00&steps=%", host="localhost")
@example(raw=b"&&==&run&run=&run[]=1;steps=1", host="localhost")
def test_any_bytes_are_an_answer(fuzzed: Tab, route: str, raw: bytes, host: str) -> None:
    response = fuzzed.client.open(
        f"/data/plugin/attn{route}",
        query_string=raw.decode("latin-1"),
        headers={"Host": host},
    )
    check(fuzzed, route, response.status_code, response.data)


def test_every_route_is_fuzzed(fuzzed: Tab) -> None:
    assert tuple(sorted(fuzzed.plugin.get_plugin_apps())) == ROUTES
