"""`/status`."""

from __future__ import annotations

from pathlib import Path

from tensorboard_plugin_attn.version import VERSION
from tests.fixtures.logs import event_files, frame_event, write_events
from tests.fixtures.tab import Tab


def test_a_quiet_log_has_no_problems(tab: Tab) -> None:
    status = tab.json("/status")
    assert (status["reader"], status["version"], status["problems"]) == ("index", VERSION, [])
    assert status["indexing"]["done_bytes"] == status["indexing"]["total_bytes"] > 0


def test_the_generation_grows_when_a_step_appears(tab: Tab, tmp_path: Path) -> None:
    before = tab.json("/status")["generation"]
    assert tab.json("/status")["generation"] == before
    write_events(event_files(tmp_path)[0], [frame_event(9)], append=True)
    assert tab.json("/status")["generation"] == before + 1


def test_an_empty_log_directory_is_fine(tmp_path: Path) -> None:
    status = Tab(tmp_path).json("/status")
    assert (status["problems"], status["indexing"]["total_bytes"]) == ([], 0)


def test_a_torn_tail_is_announced_without_a_path(tab: Tab, tmp_path: Path) -> None:
    (path,) = event_files(tmp_path)
    with path.open("ab") as file:
        file.write(b"torn")
    response = tab.get("/status")
    (problem,) = response.json["problems"]
    assert (problem["kind"], problem["file"]) == ("truncated_tail", path.name)
    assert str(tmp_path) not in response.text


def test_a_corrupt_frame_and_a_newer_format_are_announced(tab: Tab, tmp_path: Path) -> None:
    bad = frame_event(9)
    bad.summary.value[0].tensor.string_val[0] = b"no header"
    write_events(event_files(tmp_path)[0], [bad, frame_event(10, format_version=2)], append=True)
    kinds = {problem["kind"] for problem in tab.json("/status")["problems"]}
    assert kinds == {"unreadable_frame", "newer_format"}


def test_answers_are_json_that_is_not_cached(tab: Tab) -> None:
    response = tab.get("/status")
    assert response.content_type == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-cache" in response.headers["Cache-Control"]
