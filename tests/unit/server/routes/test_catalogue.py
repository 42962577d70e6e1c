"""`/catalogue`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorboard_plugin_attn import AttentionWriter, Privacy
from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.reading.sessions import FrameInfo
from tensorboard_plugin_attn.server.routes import catalogue
from tests.fixtures.logs import (
    KEY,
    LAYER,
    attention,
    catalogue_event,
    event_files,
    event_path,
    frame_event,
    marker_event,
    write_events,
)
from tests.fixtures.tab import Tab

RUN = "d32/attention"


def test_users_come_in_cohort_order_with_their_axes(tab: Tab) -> None:
    body = tab.json("/catalogue", run=RUN)
    labels = {item["index"]: item["label"] for item in body["items"]}
    first, second = body["users"]
    assert (first["index"], second["index"]) == (0, 1)
    assert first["id"] == Privacy(key=KEY).pseudonym("user-0")
    assert [labels[index] for index in first["axes"]["history"]] == [
        f"Item {number}" for number in range(4)
    ]
    assert labels[first["target_item"]] == "Item 4"
    assert labels[second["target_item"]] == "Item 5"


def test_the_run_must_be_named_and_known(tab: Tab) -> None:
    assert tab.error("/catalogue") == (400, "bad_parameter")
    assert tab.error("/catalogue", run="other") == (404, "run_not_found")
    assert tab.error("/catalogue", run="../d32/attention") == (404, "run_not_found")


def test_a_log_without_a_cohort_has_numbered_users(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path) as writer:
        writer.attention(LAYER, attention(3), step=1)
    body = Tab(tmp_path).json("/catalogue", run=".")
    assert [user["label"] for user in body["users"]] == ["User 1", "User 2", "User 3"]
    assert [user["target_item"] for user in body["users"]] == [None] * 3
    assert body["items"] == []


def test_a_run_without_users_has_no_catalogue_yet(tmp_path: Path) -> None:
    write_events(event_path(tmp_path), [marker_event(pb.Marker())])
    assert Tab(tmp_path).error("/catalogue", run=".") == (404, "no_catalogue")


def test_a_broken_catalogue_hides_no_users(tmp_path: Path) -> None:
    broken = catalogue_event(pb.Catalogue())
    broken.summary.value[0].tensor.string_val[1] = b"\xff\xff"
    write_events(event_path(tmp_path), [broken, frame_event(2)])
    assert len(Tab(tmp_path).json("/catalogue", run=".")["users"]) == 2


def test_a_newer_format_is_said(tmp_path: Path) -> None:
    write_events(event_path(tmp_path), [frame_event(1, format_version=2)])
    assert Tab(tmp_path).error("/catalogue", run=".") == (422, "newer_format")


def test_a_file_that_went_away_meanwhile_is_unavailable(tab: Tab, tmp_path: Path) -> None:
    tab.json("/status")
    tab.plugin._runs._refresh_every_s = 3600
    event_files(tmp_path)[0].unlink()
    response = tab.get("/catalogue", run=RUN)
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert str(tmp_path) not in response.text


def write_axes(directory: Path, axes: list[list[str]]) -> str:
    """Write frames whose candidates are `axes`, one a step; return their attempt."""
    with AttentionWriter(directory) as writer:
        for step, names in enumerate(axes):
            cells = attention(1, queries=len(names), keys=2)
            writer.attention(LAYER, cells, step=step, kind="target", queries=names)
            assert writer.flush()
    frames = Tab(directory).frames(run=".", layer=LAYER, user=0, steps="0").header["frames"]
    return str(frames[0]["attempt"])


def test_axes_are_answered_by_number_with_their_items_only(tmp_path: Path) -> None:
    attempt = write_axes(tmp_path, [["a", "b"], ["b", "c", "b"]])
    tab = Tab(tmp_path)
    assert tab.json("/catalogue", run=".")["items"] == []
    body = tab.json("/catalogue", run=".", attempt=attempt, axes="2,9,2")
    assert [(item["index"], item["id"]) for item in body["items"]] == [(1, "b"), (2, "c")]
    assert body["axes"] == [{"number": 2, "items": [1, 2, 1]}]
    assert (body["attempt"], body["absent"]) == (attempt, [9])
    assert tab.json("/catalogue", run=".", attempt="other", axes="2")["absent"] == [2]


def test_axes_need_an_attempt_and_numbers(tmp_path: Path) -> None:
    attempt = write_axes(tmp_path, [["a"]])
    tab = Tab(tmp_path)
    assert tab.error("/catalogue", run=".", axes="1") == (400, "bad_parameter")
    for axes in ("", "1,", "-1", "1-3", "x", "1 ,2", "12345678901"):
        asked = tab.error("/catalogue", run=".", attempt=attempt, axes=axes)
        assert asked == (400, "bad_parameter"), axes
    assert tab.error("/catalogue", run="no", attempt=attempt, axes="1") == (404, "run_not_found")


def test_too_many_axes_or_places_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = write_axes(tmp_path, [["a", "b"], ["c", "d"]])
    tab = Tab(tmp_path)
    asked = {"run": ".", "attempt": attempt}
    many = ",".join(map(str, range(catalogue.MAX_AXES + 1)))
    assert tab.error("/catalogue", **asked, axes=many) == (413, "response_too_large")
    monkeypatch.setattr(catalogue, "MAX_PLACES", 3)
    assert tab.error("/catalogue", **asked, axes="1,2") == (413, "response_too_large")
    assert len(tab.json("/catalogue", **asked, axes="1")["axes"]) == 1


def test_an_item_an_axis_names_but_the_catalogue_does_not_is_null(tmp_path: Path) -> None:
    part = pb.Catalogue(
        items=[pb.Item(index=0, id="x")], axes=[pb.NumberedAxis(number=1, items=[7, 0])]
    )
    write_events(event_path(tmp_path), [catalogue_event(part), frame_event(2)])
    body = Tab(tmp_path).json("/catalogue", run=".", attempt="a", axes="1")
    assert body["axes"] == [{"number": 1, "items": [None, 0]}]


def test_only_what_is_new_in_the_catalogue_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = Tab(tmp_path)
    read: list[int] = []
    first_blob = tab.plugin._runs._first_blob

    def counted(frame: FrameInfo) -> list[bytes]:
        read.append(frame.sequence)
        return first_blob(frame)

    monkeypatch.setattr(tab.plugin._runs, "_first_blob", counted)
    with AttentionWriter(tmp_path) as writer:
        for step in range(6):
            names = [f"{step}-a", f"{step}-b"]
            writer.attention(LAYER, attention(1, queries=2), step=step, kind="target", keys=names)
            assert writer.flush()
            attempt = writer._sink.attempt.id
            body = tab.json("/catalogue", run=".", attempt=attempt, axes=f"{step + 1}")
            assert [item["id"] for item in body["items"]] == names
    assert len(read) == len(set(read)) == 1 + 6  # the first of the file, and one per axis
