"""`/catalogue`."""

from __future__ import annotations

from pathlib import Path

from tensorboard_plugin_attn import AttentionWriter, Privacy
from tensorboard_plugin_attn import attn_pb2 as pb
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
