"""docs/http_api.md is the contract: routes, keys and error codes are what the server really has."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tensorboard_plugin_attn import AttentionWriter
from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.logging.cost import Cost
from tests.fixtures.feedback import Speaker
from tests.fixtures.logs import (
    LAYER,
    attention,
    event_path,
    frame_event,
    marker_event,
    write_events,
    write_log,
)
from tests.fixtures.portable_logs import write_models
from tests.fixtures.tab import Tab, unpack

RUN = "run/attention"
SIDES = {
    f"{prefix}{name}": value
    for prefix in ("", "other_")
    for name, value in (("run", RUN), ("layer", LAYER), ("step", 3))
}
ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "http_api.md").read_text()
SERVER = ROOT / "tensorboard_plugin_attn" / "server"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Tab:
    directory = tmp_path_factory.mktemp("log")
    write_log(directory / RUN, range(1, 4))
    return Tab(directory)


def test_every_route_is_documented_and_every_documented_route_is_there(app: Tab) -> None:
    table = set(re.findall(r"^\| \[`(/[\w./]+)`\]", DOC, re.MULTILINE))
    assert table == set(app.plugin.get_plugin_apps())


def test_every_error_code_is_documented_and_every_documented_code_is_used() -> None:
    section = DOC.split("## Errors")[1].split("## Common parameters")[0]
    documented = set(re.findall(r"`([a-z_]+)`(?= \(|,|;| \|)", section)) - {"message", "hint"}
    source = "".join(path.read_text() for path in SERVER.rglob("*.py"))
    raised = set(re.findall(r"RouteError\(\s*\d{3},\s*\"([a-z_]+)\"", source))
    raised |= {f"{what}_not_found" for what in re.findall(r"not_found\(\"([a-z]+)\"", source)}
    assert documented == raised


def test_every_reason_for_an_absence_is_documented() -> None:
    line = re.search(r"`reason` of an absence: (.*)", DOC)
    assert line is not None
    documented = set(re.findall(r"`([a-z_]+)`", line[1]))
    folders = (SERVER, SERVER.parent / "reading")
    source = "".join(path.read_text() for folder in folders for path in folder.rglob("*.py"))
    used = set(re.findall(r"AbsentChunkError\(\s*\"([a-z_]+)\"", source))
    used |= set(re.findall(r"Absent\(\s*[\w.]+,\s*\"([a-z_]+)\"", source))
    schema = (ROOT / "tensorboard_plugin_attn" / "schema.py").read_text()
    used |= set(re.findall(r"pb\.\w+: \"([a-z_]+)\"", schema.split("KIND_NAMES")[0]))
    assert used == documented


def keys_of(value: Any) -> Any:
    """Return the structure of JSON: names of objects, the first element of lists."""
    if isinstance(value, dict):
        return {name: keys_of(part) for name, part in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [keys_of(value[0])]
    return None


FREE = {"attributes", "hyperparameters", "axes", "problems", "gaps", "absent", "indexing"}


def assert_same_keys(documented: Any, real: Any, where: str) -> None:
    if isinstance(documented, dict) and isinstance(real, dict):
        assert documented.keys() == real.keys(), where
        for name in documented.keys() - FREE:
            assert_same_keys(documented[name], real[name], f"{where}.{name}")
    elif isinstance(documented, list) and isinstance(real, list):
        assert_same_keys(documented[0], real[0], f"{where}[0]")


def example(route: str) -> Any:
    """Return the first JSON example in a route's section."""
    section = DOC.split(f"\n## `{route}`\n")[1].split("\n## ")[0]
    block = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert block is not None, route
    return json.loads(block[1])


@pytest.mark.parametrize(
    ("route", "query"),
    [
        ("/status", {}),
        ("/runs", {}),
        ("/catalogue", {"run": RUN}),
        ("/timeline", {"run": RUN, "layer": LAYER}),
        ("/recommendations", {"run": RUN, "user": 0, "steps": "1-3"}),
        ("/measures", {"run": RUN, "layer": LAYER, "user": 0}),
        ("/compare", SIDES),
        ("/head_types", {"run": RUN, "step": 3}),
        ("/drift", {"run": RUN, "layer": LAYER, "user": 0}),
    ],
)
def test_answers_have_the_documented_keys(app: Tab, route: str, query: dict[str, object]) -> None:
    real = app.json(route, **query)
    assert_same_keys(keys_of(example(route)), keys_of(real), route)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Tab:
    directory = tmp_path_factory.mktemp("models")
    write_models(directory / RUN)
    return Tab(directory)


@pytest.mark.parametrize(
    ("route", "query"),
    [
        ("/models", {}),
        ("/items", {"steps": "latest", "query": "item"}),
        ("/evidence", {"steps": "latest", "user": 1}),
        ("/faithfulness", {"steps": "latest"}),
        ("/contrast", {"steps": 2, "user": 1, "item": 0, "than": 1}),
        ("/counterfactual", {"steps": 2, "user": 1, "item": 0}),
        (
            "/whatif",
            {"steps": 2, "user": 1, "weights": "0:0.5", "added": "1:2", "heads_off": "0.1"},
        ),
        ("/computation", {"steps": 2, "user": 1, "layer": LAYER, "head": 0}),
    ],
)
def test_replayed_answers_have_the_documented_keys(
    replayed: Tab, route: str, query: dict[str, object]
) -> None:
    if "item" in query:  # one that can be recommended
        listed = replayed.json("/evidence", run=RUN, steps=2, user=1)["recommendations"]
        query = query | {"item": listed[0]["item"]}
        if "than" in query:
            query["than"] = listed[1]["item"]
    real = replayed.json(route, run=RUN, **query)
    assert_same_keys(keys_of(example(route)), keys_of(real), route)


def test_attention_of_a_whatif_has_the_documented_keys(replayed: Tab) -> None:
    answer = replayed.get("/whatif_attention", run=RUN, steps=2, user=1, layer=LAYER, deleted="0")
    header = unpack(answer.data).header
    documented = example("/whatif_attention")
    assert documented.keys() == header.keys()
    assert set(documented["frames"][0]) - {"…"} <= header["frames"][0].keys()


def test_feedback_has_the_documented_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTN_FEEDBACK_URL", f"sqlite:///{tmp_path}/feedback.sqlite3")
    write_log(tmp_path / "log" / RUN, range(1, 4))
    speaker = Speaker(tmp_path / "log", RUN)
    documented = example("/feedback/say")
    assert documented.keys() == speaker.verdict().keys() | {"evidence", "shown", "note"}
    said = speaker.say(**{name: documented[name] for name in ("kind", "evidence", "note")})
    assert said.status_code == 200, said.text
    listed = speaker.tab.json("/feedback", run=RUN)
    assert example("/feedback").keys() == listed.keys()
    assert example("/feedback")["verdicts"][0].keys() == listed["verdicts"][0].keys()
    assert said.json == listed["verdicts"][0]


def test_decisions_have_the_documented_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTN_FEEDBACK_URL", f"sqlite:///{tmp_path}/feedback.sqlite3")
    write_log(tmp_path / "log" / RUN, range(1, 4))
    speaker = Speaker(tmp_path / "log", RUN, learned_from="parent")
    documented = example("/feedback/decide")
    assert documented.keys() == speaker.decision().keys()
    decided = speaker.decide()
    assert decided.status_code == 200, decided.text
    listed = speaker.tab.json("/feedback/decisions")
    assert example("/feedback/decisions").keys() == listed.keys()
    assert example("/feedback/decisions")["decisions"][0].keys() == decided.json.keys()
    assert listed["decisions"] == [decided.json]


def test_frames_header_has_the_documented_keys(app: Tab) -> None:
    documented = example("/frames")
    header = app.frames(run=RUN, layer=LAYER, user=0, steps="1-3").header
    assert documented.keys() == header.keys()
    assert documented["frames"][0].keys() == header["frames"][0].keys()
    assert documented["chunks"][0].keys() == header["chunks"][0].keys()
    assert documented["absent"][0].keys() == {"step", "reason", "detail"}


def test_cost_has_the_documented_keys(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path / RUN) as writer:
        cost = Cost(training_s=2.0, logging_s=0.5, logged_steps=3, thinned_steps=1)
        writer.attention(LAYER, attention(), step=1, cost=cost)
    [run] = Tab(tmp_path).json("/runs")["runs"]
    assert run["cost"].keys() == example("/runs")["runs"][0]["cost"].keys()
    assert run["cost"] == {
        "training_s": 2.0,
        "logging_s": 0.5,
        "logged_steps": 3,
        "thinned_steps": 1,
    }


def test_axes_have_the_documented_keys(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path) as writer:
        writer.attention(LAYER, attention(), step=1, queries=list("abcd"))
        attempt = writer._sink.attempt.id
    section = DOC.split("\n## `/catalogue`\n")[1]
    second = re.findall(r"```json\n(.*?)```", section, re.DOTALL)[1]
    real = Tab(tmp_path).json("/catalogue", run=".", attempt=attempt, axes="1")
    documented = json.loads(second)
    assert documented.keys() == real.keys()
    assert documented["axes"][0].keys() == real["axes"][0].keys()
    assert documented["items"][0].keys() == real["items"][0].keys()


@pytest.mark.parametrize(
    ("route", "query"),
    [
        ("/rollout", {"run": RUN, "user": 0}),
        ("/aggregate", {"run": RUN, "layer": LAYER}),
    ],
)
def test_derived_frames_have_the_documented_keys(
    app: Tab, route: str, query: dict[str, object]
) -> None:
    header = unpack(app.get(route, steps="1-3", **query).data).header
    documented = example(route)
    assert documented.keys() == header.keys()
    own = set(documented["frames"][0]) - {"…"}
    frame = header["frames"][0].keys()
    assert own <= frame
    assert frame - own <= example("/frames")["frames"][0].keys()


def test_absent_steps_have_the_documented_keys(app: Tab) -> None:
    header = app.frames(run=RUN, layer=LAYER, user=0, steps="1,77").header
    assert header["absent"] == [{"step": 77, "reason": "not_logged", "detail": ""}]


def test_problem_has_the_documented_keys(tmp_path: Path) -> None:
    write_log(tmp_path / RUN, range(1, 4))
    [file] = (tmp_path / RUN).iterdir()
    file.write_bytes(file.read_bytes()[:-3])
    [problem] = Tab(tmp_path).json("/status")["problems"]
    assert problem.keys() == example("/status")["problems"][0].keys()


def test_every_code_is_documented_with_its_status() -> None:
    section = DOC.split("## Errors")[1].split("## Common parameters")[0]
    documented = {
        (int(status), code)
        for status, row in re.findall(r"^\| (\d{3}) \| (.*) \|$", section, re.MULTILINE)
        for code in re.findall(r"`([a-z_]+)`(?= \(|,|;|$)", row)
    }
    source = "".join(path.read_text() for path in SERVER.rglob("*.py"))
    raised = re.findall(r"RouteError\(\s*(\d{3}),\s*\"([a-z_]+)\"", source)
    missing = re.findall(r"not_found\(\"([a-z]+)\"", source)
    found = {(int(status), code) for status, code in raised}
    assert documented == found | {(404, f"{what}_not_found") for what in missing}


def test_every_kind_of_problem_is_documented() -> None:
    section = DOC.split("`kind` of a problem:")[1].split("\n## ")[0]
    documented = set(re.findall(r"`([a-z_]+)`", section))
    reading = ROOT / "tensorboard_plugin_attn" / "reading"
    source = "".join(path.read_text() for path in reading.rglob("*.py"))
    kinds = re.findall(r"(?:kind=|_die\()\"([a-z_]+)\"", source)
    assert documented == set(kinds)


def test_gaps_have_the_documented_keys(tmp_path: Path) -> None:
    marker = pb.Marker(reason=pb.DROPPED, layer=LAYER, first_step=2, last_step=2)
    write_events(event_path(tmp_path), [frame_event(1), marker_event(marker)])
    [gap] = Tab(tmp_path).json("/timeline", run=".", layer=LAYER)["gaps"]
    assert gap.keys() == example("/timeline")["gaps"][0].keys()
