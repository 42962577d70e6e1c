"""Accepting or undoing a run that learned from feedback: recorded once, by this page alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.feedback import Speaker
from tests.fixtures.logs import write_log
from tests.fixtures.tab import Tab
from tests.unit.server.routes.test_feedback import FOREIGN, code

RUN = "d32-feedback/attention"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "data" / "feedback.sqlite3"
    monkeypatch.setenv("ATTN_FEEDBACK_URL", f"sqlite:///{path}")
    return path


@pytest.fixture
def speaker(tmp_path: Path, database: Path) -> Speaker:
    write_log(tmp_path / "log" / RUN)
    return Speaker(tmp_path / "log", RUN, learned_from="d32")


def holding(speaker: Speaker) -> list[tuple[str, str]]:
    listed = speaker.tab.json("/feedback/decisions")["decisions"]
    return [(each["run"], each["decision"]) for each in listed]


def test_it_is_off_unless_the_operator_asks_for_it(tab: Tab, database: Path) -> None:
    told = tab.json("/feedback/decisions")
    assert (told["enabled"], told["token"], told["decisions"]) == (False, None, [])
    assert told["reason"]["code"] == "feedback_disabled"
    assert not database.exists()


def test_deciding_is_refused_where_it_is_off(speaker: Speaker) -> None:
    speaker.tab.plugin._feedback.enabled = False
    assert code(speaker.decide()) == (403, "feedback_disabled")


def test_the_newest_decision_holds_and_the_parent_comes_from_the_log(speaker: Speaker) -> None:
    assert holding(speaker) == []
    first = speaker.decide()
    assert first.status_code == 200, first.text
    assert first.json is not None
    assert first.json["parent"] == "d32"
    assert holding(speaker) == [(RUN, "accepted")]
    speaker.decide(decision="undone")
    assert holding(speaker) == [(RUN, "undone")]


def test_the_same_key_again_is_the_same_answer_and_no_new_decision(speaker: Speaker) -> None:
    decision = speaker.decision()
    first = speaker.post("/feedback/decide", decision)
    speaker.decide(decision="undone")
    assert speaker.post("/feedback/decide", decision).json == first.json
    assert holding(speaker) == [(RUN, "undone")]
    other = decision | {"decision": "undone"}
    assert code(speaker.post("/feedback/decide", other)) == (409, "key_taken")


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_page_cannot_decide(speaker: Speaker, headers: dict[str, str | None]) -> None:
    answer = speaker.post("/feedback/decide", speaker.decision(), **headers)
    assert code(answer) == (403, "foreign_origin")
    assert holding(speaker) == []


def test_without_the_token_nothing_is_decided(speaker: Speaker) -> None:
    answer = speaker.post("/feedback/decide", speaker.decision(), x_attn_token="x")
    assert code(answer) == (403, "bad_token")


def test_a_foreign_page_is_given_no_token(speaker: Speaker) -> None:
    told = speaker.tab.json("/feedback/decisions", header_Origin="http://evil.example")
    assert told["token"] is None


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"run": "nowhere"}, (404, "run_not_found")),
        ({"run": 5}, (400, "bad_field")),
        ({"attempt": "another"}, (404, "attempt_not_found")),
        ({"decision": "maybe"}, (400, "bad_field")),
        ({"decision": None}, (400, "bad_field")),
        ({"key": "short"}, (400, "bad_field")),
        ({"session": "short"}, (400, "bad_field")),
        ({"more": 1}, (400, "bad_field")),
    ],
)
def test_what_is_no_decision_is_refused(
    speaker: Speaker, changes: dict[str, object], error: tuple[int, str]
) -> None:
    assert code(speaker.decide(**changes)) == error
    assert holding(speaker) == []


@pytest.mark.parametrize("name", ["key", "session", "run", "attempt", "decision"])
def test_what_is_missing_is_named(speaker: Speaker, name: str) -> None:
    decision = speaker.decision()
    del decision[name]
    answer = speaker.post("/feedback/decide", decision)
    assert answer.json is not None
    assert answer.json["error"]["message"].startswith(f"{name}: ")


def test_a_run_without_a_parent_has_nothing_to_decide(tmp_path: Path, database: Path) -> None:
    write_log(tmp_path / "log" / RUN)
    speaker = Speaker(tmp_path / "log", RUN)
    assert code(speaker.decide()) == (404, "parent_not_found")


def test_a_flood_is_told_to_wait(speaker: Speaker) -> None:
    answers = [speaker.decide() for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert "10 decisions a minute" in answers[-1].json["error"]["hint"]  # type: ignore[index]


def test_a_database_that_cannot_be_used_is_said_and_viewing_goes_on(
    speaker: Speaker, database: Path
) -> None:
    database.parent.mkdir(exist_ok=True)
    speaker.tab.plugin._feedback._store = None
    for file in database.parent.iterdir():
        file.unlink()
    database.write_bytes(b"this is no database" * 100)
    assert code(speaker.decide()) == (503, "feedback_unavailable")
    assert speaker.tab.error("/feedback/decisions") == (503, "feedback_unavailable")
    assert speaker.tab.json("/runs")["runs"]
