"""`python -m training feedback`: from what was said over HTTP to a run beside the one it was of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fixtures.feedback import Speaker
from tests.fixtures.tab import Tab
from training.__main__ import main

SMALL = [
    *("--model", "sasrec", "--epochs", "1", "--max-users", "60", "--cohort", "3"),
    *("--dimension", "8", "--heads", "2", "--batch-size", "64"),
]
RUN = "sasrec/attention"


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("logs")
    assert main(["ecommerce", "--logdir", str(directory), *SMALL]) == 0
    return directory


def test_what_was_said_in_the_tab_makes_a_new_run(
    logdir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ATTN_FEEDBACK_URL", f"sqlite:///{tmp_path}/feedback.sqlite3")
    speaker = Speaker(logdir, RUN)
    ids = {i["index"]: i["id"] for i in speaker.tab.json("/catalogue", run=RUN)["items"]}
    shown = speaker.tab.json("/recommendations", run=RUN, user=1, steps="latest")["items"][0]
    said = speaker.say(kind="known", user=1, item=ids[shown[0]])
    assert said.status_code == 200, said.text
    code = main(["feedback", "--run", str(logdir / "sasrec"), "--steps", "3"])
    printed = capsys.readouterr().out
    assert "known        1 of 1 satisfied" in printed
    written = json.loads((logdir / "sasrec-feedback" / "feedback.json").read_text())
    assert code == (0 if written["status"] == "kept" else 3)
    tab = Tab(logdir)
    child = "sasrec-feedback/attention"
    listed = tab.json("/recommendations", run=child, user=1, steps="0-100000")["items"]
    items = {i["index"]: i["id"] for i in tab.json("/catalogue", run=child)["items"]}
    assert all(ids[shown[0]] not in [items[index] for index in found] for found in listed)


def test_a_run_nobody_spoke_of_is_said(
    logdir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ATTN_FEEDBACK_URL", f"sqlite:///{tmp_path}/empty.sqlite3")
    with pytest.raises(SystemExit):
        main(["feedback", "--run", str(logdir / "sasrec")])
    assert "no feedback on sasrec to learn from" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["nowhere", "sasrec/attention"])
def test_what_is_no_run_is_said(
    logdir: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["feedback", "--run", str(logdir / name)])
    assert "is no run that can be read" in capsys.readouterr().err
