"""`python -m tensorboard_plugin_attn feedback`: what an operator does with the database."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tensorboard_plugin_attn.__main__ import main
from tensorboard_plugin_attn.feedback.location import LocationError, database_url
from tensorboard_plugin_attn.feedback.store import FeedbackStore
from tests.unit.feedback.test_store import PATIENCE_S, decided, said


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FeedbackStore:
    monkeypatch.delenv("ATTN_FEEDBACK_URL", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    made = FeedbackStore(database_url(), wait_s=PATIENCE_S)
    for number, user in enumerate(("u-1", "u-1", "u-2")):
        made.say(said(number, user=user, kind="known" if number else "relevant"), "session")
    made.undo(said(1).key)
    return made


def test_the_default_is_a_file_in_the_users_data_directory(tmp_path: Path) -> None:
    place = tmp_path / "home" / "tensorboard-plugin-attn" / "feedback.sqlite3"
    assert database_url().database == str(place)
    assert place.exists()


def test_status_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", "status"]) == 0
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()[1:]]
    assert {kind: int(count) for count, kind in lines} == {
        "relevant": 1,
        "not_relevant": 0,
        "known": 1,
        "wrong_reason": 0,
        "taken back": 1,
        "runs accepted": 0,
        "runs undone": 0,
    }


def test_export_prints_lines_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", "export"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["verdict"]["user"] for row in rows] == ["u-2", "u-1"]
    assert main(["feedback", "export", "--undone", "--user", "u-1", "--kind", "known"]) == 0
    [row] = map(json.loads, capsys.readouterr().out.splitlines())
    assert row["undone_s"] > 0


def test_export_and_status_have_the_decisions(
    store: FeedbackStore, capsys: pytest.CaptureFixture[str]
) -> None:
    store.decide(decided(1), "session")
    store.decide(decided(2, decision="undone"), "session")
    assert main(["feedback", "export"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["decision"]["decision"] for row in rows if "decision" in row] == [
        "undone",
        "accepted",
    ]
    assert main(["feedback", "export", "--user", "u-1"]) == 0
    assert "decision" not in capsys.readouterr().out
    assert main(["feedback", "status"]) == 0
    out = capsys.readouterr().out
    assert "1  runs undone" in out
    assert "0  runs accepted" in out  # the newest of a run holds


def test_purge_deletes(store: FeedbackStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", "purge", "--user", "u-1"]) == 0
    assert capsys.readouterr().out == "2 rows deleted\n"
    assert [s.verdict.user for s in store.read()] == ["u-2"]
    assert main(["feedback", "purge", "--older-than-days", "1"]) == 0
    assert capsys.readouterr().out == "0 rows deleted\n"


def test_purge_of_everything_by_mistake_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", "purge"]) == 2
    assert "say which user's" in capsys.readouterr().err


def test_upgrade_says_from_what_to_what(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", "upgrade"]) == 0
    assert capsys.readouterr().out == "revision 0002 -> 0002\n"


def test_a_password_is_not_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ATTN_FEEDBACK_URL", "postgresql://u:secret@127.0.0.1:1/db")
    assert main(["feedback", "status"]) == 1
    said_of_it = capsys.readouterr()
    assert "secret" not in said_of_it.out + said_of_it.err


def test_an_address_may_stand_in_a_file_that_nobody_else_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "address"
    file.write_text("postgresql://u:secret@host/db\n")
    monkeypatch.setenv("ATTN_FEEDBACK_URL_FILE", str(file))
    file.chmod(0o644)
    with pytest.raises(LocationError, match="chmod 600"):
        database_url()
    file.chmod(0o600)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert database_url().drivername == "postgresql+psycopg"
    assert database_url().host == "host"


@pytest.mark.parametrize("address", ["nonsense", "mysql://u:secret@host/db"])
def test_what_is_no_address_is_refused_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("ATTN_FEEDBACK_URL", address)
    with pytest.raises(LocationError) as caught:
        database_url()
    assert address not in str(caught.value)
    assert "secret" not in str(caught.value)
