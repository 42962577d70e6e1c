"""All runs together: generations, resets, catalogues and problems."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.reading.event_index import EventIndex
from tensorboard_plugin_attn.reading.runs import Runs
from tests.fixtures.logs import (
    LAYER,
    catalogue_event,
    event_path,
    frame_event,
    marker_event,
    write_events,
    write_log,
)


def runs_of(directory: Path, refresh_every_s: float = 0.0) -> Runs:
    runs = Runs(EventIndex(directory), refresh_every_s)
    runs.refresh()
    return runs


def names(runs: Runs) -> list[str]:
    with runs.locked() as known:
        return sorted(known)


def test_the_generation_grows_with_every_change_and_only_then(tmp_path: Path) -> None:
    path = write_events(event_path(tmp_path), [frame_event(1)])
    runs = runs_of(tmp_path)
    seen = [runs.generation]
    runs.refresh()
    seen.append(runs.generation)
    write_events(path, [frame_event(2, first=False)], append=True)
    runs.refresh()
    seen.append(runs.generation)
    with path.open("ab") as file:
        file.write(b"torn")
    runs.refresh()
    seen.append(runs.generation)
    path.unlink()
    runs.refresh()
    seen.append(runs.generation)
    assert seen == [1, 1, 2, 3, 4]


def test_files_are_not_looked_at_more_often_than_asked(tmp_path: Path) -> None:
    runs = runs_of(tmp_path, refresh_every_s=3600)
    write_events(event_path(tmp_path), [frame_event(1)])
    runs.refresh()
    assert not runs.has_data


def test_a_removed_run_is_gone_with_its_catalogue(tmp_path: Path) -> None:
    path = write_log(tmp_path / "a")
    write_log(tmp_path / "b")
    runs = runs_of(tmp_path)
    assert len(runs.catalogue("a").users) == 2
    path.unlink()
    runs.refresh()
    assert names(runs) == ["b"]
    with pytest.raises(KeyError):
        runs.catalogue("a")


def test_a_catalogue_is_merged_again_when_it_grew(tmp_path: Path) -> None:
    item = pb.Item(index=0, id="x")
    path = write_events(
        event_path(tmp_path), [catalogue_event(pb.Catalogue(items=[item])), frame_event(2)]
    )
    runs = runs_of(tmp_path)
    assert runs.catalogue(".") is runs.catalogue(".")
    later = pb.Catalogue(items=[pb.Item(index=1, id="y")])
    write_events(path, [catalogue_event(later, sequence=3)], append=True)
    runs.refresh()
    assert [item.id for item in runs.catalogue(".").items] == ["x", "y"]


def test_markers_become_gaps(tmp_path: Path) -> None:
    marker = pb.Marker(reason=pb.DROPPED, layer=LAYER, first_step=2, last_step=3, frame_count=2)
    write_events(event_path(tmp_path), [frame_event(1), marker_event(marker)])
    with runs_of(tmp_path).locked() as known:
        gap = known["."].gap_at(LAYER, 3)
    assert gap is not None
    assert gap.reason == "dropped"


def test_events_with_a_header_only_hide_nothing_else(tmp_path: Path) -> None:
    bare_marker = marker_event(pb.Marker())
    bare_catalogue = catalogue_event(pb.Catalogue(), sequence=2)
    for event in (bare_marker, bare_catalogue):
        del event.summary.value[0].tensor.string_val[1:]
    good = pb.Marker(reason=pb.DROPPED, layer=LAYER, first_step=5, last_step=5)
    items = pb.Catalogue(items=[pb.Item(index=0, id="x")])
    write_events(
        event_path(tmp_path),
        [
            bare_catalogue,
            catalogue_event(items, sequence=3),
            frame_event(4),
            bare_marker,
            marker_event(good, sequence=91),
        ],
    )
    runs = runs_of(tmp_path)
    assert [item.id for item in runs.catalogue(".").items] == ["x"]
    with runs.locked() as known:
        assert known["."].gap_at(LAYER, 5) is not None
        assert LAYER in known["."].layers


def test_problems_name_the_run_and_the_step(tmp_path: Path) -> None:
    bad = frame_event(7)
    bad.summary.value[0].tensor.string_val[0] = b"not sealed"
    write_events(event_path(tmp_path / "r"), [bad, frame_event(8, format_version=9)])
    found = {problem.kind: problem for problem in runs_of(tmp_path).problems}
    assert set(found) == {"unreadable_frame", "newer_format"}
    assert found["unreadable_frame"].run == "r"
    assert found["unreadable_frame"].message.startswith("Step 7:")


def test_a_marker_whose_file_is_gone_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_events(event_path(tmp_path), [frame_event(1), marker_event(pb.Marker())])
    runs = Runs(EventIndex(tmp_path), 0.0)
    refresh = runs.store.refresh

    def refresh_and_remove() -> object:
        updates = refresh()
        path.unlink(missing_ok=True)
        return updates

    monkeypatch.setattr(runs.store, "refresh", refresh_and_remove)
    runs.refresh()
    assert names(runs) == ["."]
    runs.refresh()
    assert names(runs) == []
