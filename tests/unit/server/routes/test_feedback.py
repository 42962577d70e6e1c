"""Feedback over HTTP: off unless asked for, from this page only, of what is in the log, once."""

from __future__ import annotations

import argparse
import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tensorboard_plugin_attn import Privacy
from tests.fixtures.feedback import Speaker
from tests.fixtures.logs import KEY, write_log
from tests.fixtures.tab import PREFIX, Tab

RUN = "d32/attention"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "data" / "feedback.sqlite3"
    monkeypatch.setenv("ATTN_FEEDBACK_URL", f"sqlite:///{path}")
    return path


@pytest.fixture
def speaker(tmp_path: Path, database: Path) -> Speaker:
    write_log(tmp_path / "log" / RUN)
    return Speaker(tmp_path / "log", RUN)


def code(response: object) -> tuple[int, str]:
    return response.status_code, response.json["error"]["code"]  # type: ignore[attr-defined]


def test_it_is_off_unless_the_operator_asks_for_it(tab: Tab, database: Path) -> None:
    told = tab.json("/feedback", run=RUN)
    assert (told["enabled"], told["token"], told["verdicts"]) == (False, None, [])
    assert told["reason"]["code"] == "feedback_disabled"
    assert "--attn_feedback" in told["reason"]["hint"]
    assert not database.exists()


def test_writing_is_refused_where_it_is_off(speaker: Speaker) -> None:
    speaker.tab.plugin._feedback.enabled = False
    assert code(speaker.say()) == (403, "feedback_disabled")
    assert code(speaker.post("/feedback/undo", {"key": "x" * 16})) == (403, "feedback_disabled")


def test_what_is_said_is_listed_with_what_it_was_said_about(speaker: Speaker) -> None:
    said = speaker.say(kind="wrong_reason", evidence="i2", shown=["i1", "i0"], note="no")
    assert said.status_code == 200, said.text
    [listed] = speaker.tab.json("/feedback", run=RUN)["verdicts"]
    assert listed == said.json
    assert (listed["item"], listed["evidence"], listed["shown"]) == ("i1", "i2", ["i1", "i0"])
    assert (listed["user"], listed["attempt"], listed["undone_s"]) == (1, speaker.attempt, None)


def test_the_pseudonym_comes_from_the_log(speaker: Speaker, database: Path) -> None:
    speaker.say()
    with sqlite3.connect(database) as connection:
        [(user,)] = connection.execute("SELECT user FROM attn_verdicts").fetchall()
    assert user == Privacy(key=KEY).pseudonym("user-1")


def test_the_same_key_again_is_the_same_answer(speaker: Speaker) -> None:
    verdict = speaker.verdict()
    first = speaker.post("/feedback/say", verdict)
    assert speaker.post("/feedback/say", verdict).json == first.json
    assert code(speaker.post("/feedback/say", verdict | {"item": "i0"})) == (409, "key_taken")


def test_undo_keeps_the_verdict_and_says_when(speaker: Speaker) -> None:
    key = speaker.say().json["key"]  # type: ignore[index]
    undone = speaker.post("/feedback/undo", {"key": key})
    assert undone.json is not None
    assert undone.json["undone_s"] > 0
    assert speaker.tab.json("/feedback", run=RUN)["verdicts"] == [undone.json]
    missing = speaker.post("/feedback/undo", {"key": "there-is-no-such-key"})
    assert code(missing) == (404, "verdict_not_found")


def test_filters(speaker: Speaker) -> None:
    speaker.say(kind="known", user=0)
    speaker.say(kind="relevant", user=1)
    kinds = [v["kind"] for v in speaker.tab.json("/feedback", run=RUN, user=0)["verdicts"]]
    assert kinds == ["known"]
    users = [v["user"] for v in speaker.tab.json("/feedback", run=RUN, kind="relevant")["verdicts"]]
    assert users == [1]
    assert speaker.tab.error("/feedback", run=RUN, kind="like") == (400, "bad_parameter")
    assert speaker.tab.error("/feedback", run=RUN, user=9) == (404, "user_not_found")


FOREIGN: list[dict[str, str | None]] = [
    {"origin": None},
    {"origin": "null"},
    {"origin": "http://evil.example"},
    {"origin": "http://localhost.evil.example"},
    {"origin": "http://localhost:8080"},
    {"origin": "localhost"},
    {"origin": "file://"},
    {"origin": "http://[localhost"},
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_page_cannot_write(speaker: Speaker, headers: dict[str, str | None]) -> None:
    answer = speaker.post("/feedback/say", speaker.verdict(), **headers)
    assert code(answer) == (403, "foreign_origin")
    assert speaker.tab.json("/feedback", run=RUN)["verdicts"] == []


@pytest.mark.parametrize(
    "headers",
    [{"header_Origin": "http://evil.example"}, {"header_Sec_Fetch_Site": "cross-site"}],
)
def test_a_foreign_page_is_given_no_token(speaker: Speaker, headers: dict[str, str]) -> None:
    assert speaker.tab.json("/feedback", run=RUN, **headers)["token"] is None


@pytest.mark.parametrize("token", [None, "", "x", "é"])
def test_without_the_token_nothing_is_written(speaker: Speaker, token: str | None) -> None:
    answer = speaker.post("/feedback/say", speaker.verdict(), x_attn_token=token)
    assert code(answer) == (403, "bad_token")


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "text/plain",
        "application/json; charset=utf-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ],
)
def test_only_json_is_taken(speaker: Speaker, kind: str | None) -> None:
    answer = speaker.post("/feedback/say", speaker.verdict(), content_type=kind)
    assert code(answer) == (415, "not_json")


def test_a_large_body_is_refused_before_it_is_read(speaker: Speaker) -> None:
    answer = speaker.post("/feedback/say", None, data=b"x" * 16_385)
    assert code(answer) == (413, "body_too_large")


@pytest.mark.parametrize("length", ["", "-1", "1e3", "٣"])
def test_a_body_of_unknown_length_is_refused(speaker: Speaker, length: str) -> None:
    builder = EnvironBuilder(
        PREFIX + "/feedback/say",
        method="POST",
        data=b"{}",
        headers={
            "Origin": "http://localhost",
            "X-Attn-Token": speaker.token,
            "Content-Type": "application/json",
        },
    )
    environ = builder.get_environ()
    environ["CONTENT_LENGTH"] = length
    parts, status, _ = run_wsgi_app(speaker.tab.client.application, environ)
    assert status.startswith("411 ")
    assert json.loads(b"".join(parts))["error"]["code"] == "length_required"


@pytest.mark.parametrize("data", [b"x", b"[]", b"1", b"[" * 9000, b'{"a":', b"\xff"])
def test_a_body_that_is_no_object_is_refused(speaker: Speaker, data: bytes) -> None:
    assert code(speaker.post("/feedback/say", None, data=data)) == (400, "bad_body")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"run": "nowhere"}, (404, "run_not_found")),
        ({"run": 5}, (400, "bad_field")),
        ({"attempt": "another"}, (404, "attempt_not_found")),
        ({"attempt": ["x"]}, (400, "bad_field")),
        ({"item": ["x"]}, (400, "bad_field")),
        ({"user": 2}, (404, "user_not_found")),
        ({"user": -1}, (404, "user_not_found")),
        ({"user": True}, (400, "bad_field")),
        ({"user": "1"}, (400, "bad_field")),
        ({"step": 1.5}, (400, "bad_field")),
        ({"step": -1}, (400, "bad_field")),
        ({"item": "unknown"}, (404, "item_not_found")),
        ({"kind": "like"}, (400, "bad_field")),
        ({"kind": "wrong_reason"}, (400, "bad_field")),
        ({"kind": ["relevant"]}, (400, "bad_field")),
        ({"key": "short"}, (400, "bad_field")),
        ({"key": None}, (400, "bad_field")),
        ({"session": "short"}, (400, "bad_field")),
        ({"note": "x" * 1001}, (400, "bad_field")),
        ({"note": None}, (400, "bad_field")),
        ({"shown": "i1"}, (400, "bad_field")),
        ({"shown": [1]}, (400, "bad_field")),
        ({"shown": ["i1"] * 101}, (400, "bad_field")),
        ({"more": 1}, (400, "bad_field")),
    ],
)
def test_what_is_not_in_the_log_or_no_verdict_is_refused(
    speaker: Speaker, changes: dict[str, object], error: tuple[int, str]
) -> None:
    assert code(speaker.say(**changes)) == error
    assert speaker.tab.json("/feedback", run=RUN)["verdicts"] == []


@pytest.mark.parametrize("name", ["key", "session", "kind", "run", "attempt", "step", "item"])
def test_what_is_missing_is_named(speaker: Speaker, name: str) -> None:
    verdict = speaker.verdict()
    del verdict[name]
    answer = speaker.post("/feedback/say", verdict)
    assert answer.json is not None
    assert answer.json["error"]["message"].startswith(f"{name}: ")


def test_a_flood_is_told_to_wait(speaker: Speaker) -> None:
    answers = [speaker.say().status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    assert speaker.say(session="another-session-x").status_code == 200


def test_a_database_that_cannot_be_used_stops_feedback_and_nothing_else(
    speaker: Speaker, database: Path
) -> None:
    speaker.tab.plugin._feedback.store().close()
    speaker.tab.plugin._feedback._store = None
    for file in database.parent.iterdir():
        file.unlink()
    database.write_bytes(b"this is no database" * 100)
    assert code(speaker.say()) == (503, "feedback_unavailable")
    assert speaker.tab.error("/feedback", run=RUN) == (503, "feedback_unavailable")
    assert speaker.tab.json("/runs")["runs"]


def test_an_address_that_is_none_is_said_without_repeating_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_log(tmp_path / RUN)
    monkeypatch.setenv("ATTN_FEEDBACK_URL", "mysql://user:secret@host/db")
    tab = Tab(tmp_path, argparse.Namespace(attn_feedback=True))
    response = tab.get("/feedback", run=RUN)
    assert code(response) == (503, "feedback_unavailable")
    assert "secret" not in response.text
    assert "postgresql://" in response.json["error"]["hint"]  # type: ignore[index]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.dictionaries(
        st.sampled_from(
            [
                "key",
                "kind",
                "run",
                "attempt",
                "step",
                "user",
                "item",
                "evidence",
                "shown",
                "note",
                "session",
            ]
        ),
        values,
    )
)
def test_any_verdict_is_an_answer(speaker: Speaker, changes: dict[str, object]) -> None:
    data = json.dumps(speaker.verdict() | changes).encode()
    response = speaker.post("/feedback/say", None, data=data)
    assert response.status_code in (200, 400, 404, 409, 413, 429), response.text
    assert b"Traceback" not in response.data
