"""The index over event files: incremental, and fooled by nothing that stands in a file."""

from __future__ import annotations

import itertools
import os
import struct
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec
from tensorboard_plugin_attn.logging.records import frame_record
from tensorboard_plugin_attn.reading import event_file, event_index
from tensorboard_plugin_attn.reading.event_index import EventIndex
from tensorboard_plugin_attn.reading.store import RunReset, StoredEvent, UnavailableError
from tests.fixtures.logs import (
    LAYER,
    blobs_of,
    event_path,
    frame_event,
    own_events,
    payload_spans,
    write_events,
    write_log,
)

TAG = f"attention/{LAYER}"


def stored(updates: Sequence[StoredEvent | RunReset]) -> list[StoredEvent]:
    return [update for update in updates if isinstance(update, StoredEvent)]


def steps(updates: Sequence[StoredEvent | RunReset]) -> list[int]:
    return [event.step for event in stored(updates)]


def resets(updates: Sequence[StoredEvent | RunReset]) -> list[str]:
    return [update.run for update in updates if isinstance(update, RunReset)]


def kinds(index: EventIndex) -> list[str]:
    return [problem.kind for problem in index.problems()]


def three_frames(directory: Path) -> Path:
    return write_events(event_path(directory), [frame_event(step) for step in (1, 2, 3)])


def framed_length(length: int) -> bytes:
    """Return a record's beginning that claims `length` bytes, with the right checksum."""
    data = struct.pack("<Q", length)
    return data + struct.pack("<I", codec.masked_crc32c(data))


def test_every_blob_is_what_was_written(tmp_path: Path) -> None:
    path = write_log(tmp_path / "run", range(1, 30))
    index = EventIndex(tmp_path)
    written = own_events(path)
    found = stored(index.refresh())
    assert len(found) == len(written) == 59
    for event, original in zip(found, written, strict=True):
        expected = blobs_of(original)
        assert event.blob_count == len(expected)
        assert event.header == expected[0]
        assert index.read(event.location, range(len(expected))) == expected
        assert (event.run, event.tag) == ("run", original.summary.value[0].tag)
        assert event.step == original.step


def test_each_event_is_told_once(tmp_path: Path) -> None:
    path = three_frames(tmp_path)
    index = EventIndex(tmp_path)
    assert steps(index.refresh()) == [1, 2, 3]
    assert index.refresh() == []
    write_events(path, [frame_event(4, first=False)], append=True)
    assert steps(index.refresh()) == [4]
    assert index.refresh() == []


def test_new_runs_and_new_files_are_found(tmp_path: Path) -> None:
    index = EventIndex(tmp_path)
    assert index.refresh() == []
    write_events(event_path(tmp_path / "b", "1"), [frame_event(1)])
    assert steps(index.refresh()) == [1]
    write_events(event_path(tmp_path / "b", "2"), [frame_event(2)])
    write_events(event_path(tmp_path / "a" / "deep", "1"), [frame_event(3)])
    assert [(event.run, event.step) for event in stored(index.refresh())] == [
        ("a/deep", 3),
        ("b", 2),
    ]


def test_an_index_over_a_run_itself_calls_it_as_tensorboard_does(tmp_path: Path) -> None:
    three_frames(tmp_path)
    assert {event.run for event in stored(EventIndex(tmp_path).refresh())} == {"."}


def test_a_missing_log_directory_is_empty(tmp_path: Path) -> None:
    index = EventIndex(tmp_path / "nowhere")
    assert index.refresh() == []
    assert index.problems() == []


def test_a_directory_whose_name_is_no_utf_8_is_a_run_with_a_name_that_is(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    try:
        three_frames(odd)
    except OSError:
        pytest.skip("this file system keeps no such names")
    (run,) = {event.run for event in stored(EventIndex(tmp_path).refresh())}
    assert run == "caf\ufffd"


def test_metadata_may_stand_in_the_first_event_only(tmp_path: Path) -> None:
    three = [frame_event(1), frame_event(2, first=False), frame_event(3, first=False)]
    for event in three[1:]:
        event.summary.value[0].ClearField("metadata")
    write_events(event_path(tmp_path), three)
    found = stored(EventIndex(tmp_path).refresh())
    assert [event.step for event in found] == [1, 2, 3]
    assert [bool(event.plugin_content) for event in found] == [True, False, False]


def reversed_fields(event: event_pb2.Event) -> bytes:
    """Return `event` with its value's metadata before its tensor, and its tag last of all."""
    value = event.summary.value[0]
    parts = (
        summary_pb2.Summary.Value(metadata=value.metadata),
        summary_pb2.Summary.Value(tensor=value.tensor),
        summary_pb2.Summary.Value(tag=value.tag),
    )
    body = b"".join(part.SerializeToString() for part in parts)
    summary = b"\x0a" + varint(len(body)) + body
    return (
        b"\x2a"
        + varint(len(summary))
        + summary
        + event_pb2.Event(step=event.step).SerializeToString()
    )


def varint(number: int) -> bytes:
    data = bytearray()
    while number > 0x7F:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*data, number])


def test_fields_may_stand_in_any_order(tmp_path: Path) -> None:
    path = write_events(event_path(tmp_path), [])
    event = frame_event(5)
    assert event_pb2.Event.FromString(reversed_fields(event)).step == 5
    with path.open("ab") as file:
        file.write(frame_record(event.SerializeToString()))  # protobuf's own order
        file.write(frame_record(reversed_fields(event)))
    index = EventIndex(tmp_path)
    standard, other = stored(index.refresh())
    assert (standard.step, other.step) == (5, 5)
    assert index.read(other.location, [0, 1, 2]) == index.read(standard.location, [0, 1, 2])


def test_negative_steps_are_read_as_such(tmp_path: Path) -> None:
    event = frame_event(1)
    event.step = -7
    write_events(event_path(tmp_path), [event])
    assert steps(EventIndex(tmp_path).refresh()) == [-7]


def other_plugins_event(name: str = "scalars", content: bytes = b"") -> event_pb2.Event:
    value = summary_pb2.Summary.Value(
        tag="loss",
        tensor=tensor_pb2.TensorProto(string_val=[b"x"]),
        metadata=summary_pb2.SummaryMetadata(
            plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name=name, content=content)
        ),
    )
    return event_pb2.Event(step=1, summary=summary_pb2.Summary(value=[value]))


@pytest.mark.parametrize(
    "other",
    [
        other_plugins_event(),
        other_plugins_event("hparams", bytes(200_000)),
        event_pb2.Event(step=3, graph_def=bytes(100_000)),
        event_pb2.Event(step=3),
        event_pb2.Event(session_log=event_pb2.SessionLog(status=1)),
    ],
    ids=["scalars", "large metadata", "graph", "empty", "session log"],
)
def test_what_other_plugins_wrote_is_passed_over(tmp_path: Path, other: event_pb2.Event) -> None:
    write_events(event_path(tmp_path), [other, frame_event(1), other, frame_event(2, first=False)])
    index = EventIndex(tmp_path)
    assert steps(index.refresh()) == [1, 2]
    assert kinds(index) == []


def test_several_values_in_one_event_are_told_apart(tmp_path: Path) -> None:
    event, second = frame_event(1), frame_event(1, layer="other", users=3)
    event.summary.value.append(other_plugins_event().summary.value[0])
    event.summary.value.append(second.summary.value[0])
    write_events(event_path(tmp_path), [event])
    index = EventIndex(tmp_path)
    first, last = stored(index.refresh())
    assert (first.tag, last.tag) == (TAG, "attention/other")
    assert index.read(last.location, [3]) == [blobs_of(second)[3]]


def test_a_file_cut_at_every_byte_is_read_to_the_cut_and_then_to_the_end(tmp_path: Path) -> None:
    whole = three_frames(tmp_path / "whole").read_bytes()
    ends = [end + 4 for _, end in payload_spans(whole)]
    begun = {0, *ends}
    path = event_path(tmp_path / "cut")
    path.parent.mkdir()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        index = EventIndex(tmp_path / "cut")
        before = steps(index.refresh())
        assert before == [step for step, end in enumerate(ends) if step > 0 and end <= cut], cut
        assert kinds(index) == ([] if cut in begun else ["truncated_tail"]), cut
        assert index.progress().done_bytes == index.progress().total_bytes == cut
        with path.open("ab") as file:
            file.write(whole[cut:])
        assert before + steps(index.refresh()) == [1, 2, 3], cut
        assert kinds(index) == [], cut


def test_a_torn_tail_says_where(tmp_path: Path) -> None:
    path = three_frames(tmp_path)
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(b"\x01\x02\x03")
    index = EventIndex(tmp_path)
    assert steps(index.refresh()) == [1, 2, 3]
    (problem,) = index.problems()
    assert (problem.file, problem.offset, problem.run) == (path.name, size, ".")
    assert str(tmp_path) not in problem.message + problem.hint + problem.file


@pytest.mark.parametrize("place", range(12))
def test_a_flipped_length_ends_the_file_but_hides_nothing_before_it(
    tmp_path: Path, place: int
) -> None:
    path = three_frames(tmp_path)
    data = bytearray(path.read_bytes())
    begin = [begin for begin, _ in payload_spans(bytes(data))][2] - 12
    data[begin + place] ^= 0x40
    path.write_bytes(data)
    write_events(event_path(tmp_path, "b"), [frame_event(9)])
    index = EventIndex(tmp_path)
    assert steps(index.refresh()) == [1, 9]
    (problem,) = index.problems()
    assert (problem.kind, problem.offset) == ("corrupt_record", begin)


@pytest.mark.parametrize("length", [(1 << 64) - 1, 100 << 30, 20 << 30, (1 << 63), (256 << 20) + 1])
def test_a_lying_length_ends_the_file_at_once(tmp_path: Path, length: int) -> None:
    path = three_frames(tmp_path)
    with path.open("ab") as file:
        file.write(framed_length(length) + bytes(100))
    index = EventIndex(tmp_path)
    assert steps(index.refresh()) == [1, 2, 3]
    assert kinds(index) == ["corrupt_record"]
    write_events(path, [frame_event(4)], append=True)
    assert index.refresh() == []


def test_a_lying_length_below_the_limit_waits_like_a_torn_record(tmp_path: Path) -> None:
    path = three_frames(tmp_path)
    with path.open("ab") as file:
        file.write(framed_length(255 << 20) + bytes(100))
    index = EventIndex(tmp_path)
    assert steps(index.refresh()) == [1, 2, 3]
    assert kinds(index) == ["truncated_tail"]


GARBAGE = {
    "no message": b"\xff" * 40,
    "number without end": b"\x10" + b"\x80" * 30,
    "field longer than the record": b"\x2a\xff\xff\xff\xff\x0f" + bytes(20),
    "lying value": b"\x2a\x04\x0a\xff\xff\x03",
    "wire type 3": b"\x0b\x0c",
    "metadata that is no message": b"\x2a\x07\x0a\x05\x4a\x03\xff\xff\xff",
}


@pytest.mark.parametrize("name", GARBAGE)
def test_a_record_that_is_no_event_ends_the_file_and_is_reported(tmp_path: Path, name: str) -> None:
    path = three_frames(tmp_path)
    with path.open("ab") as file:
        file.write(frame_record(GARBAGE[name]))
    index = EventIndex(tmp_path)
    assert steps(index.refresh()) == [1, 2, 3]
    assert kinds(index) == ["corrupt_record"]


def test_any_flipped_byte_hides_no_earlier_frame_and_raises_nothing(tmp_path: Path) -> None:
    whole = three_frames(tmp_path).read_bytes()
    path = event_path(tmp_path)
    spans = list(payload_spans(whole))
    for place in range(0, len(whole)):
        data = bytearray(whole)
        data[place] ^= 0x55
        path.write_bytes(data)
        index = EventIndex(tmp_path)
        found = stored(index.refresh())
        for event in found:
            index.read(event.location, range(event.blob_count))
        untouched = [step for step, (_, end) in enumerate(spans) if step and end + 4 <= place]
        assert [event.step for event in found][: len(untouched)] == untouched


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_a_fifo_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(event_path(tmp_path, "fifo"))
    three_frames(tmp_path)
    index = EventIndex(tmp_path)
    assert steps(index.refresh()) == [1, 2, 3]
    assert kinds(index) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_a_file_that_became_a_fifo_does_not_hang_a_read(tmp_path: Path) -> None:
    path = three_frames(tmp_path)
    index = EventIndex(tmp_path)
    event = stored(index.refresh())[0]
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(UnavailableError):
        index.read(event.location, [1])
    assert resets(index.refresh()) == ["."]


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    three_frames(tmp_path / "run")
    (tmp_path / "run" / "self").symlink_to(tmp_path / "run")
    found = stored(EventIndex(tmp_path).refresh())
    assert {event.step for event in found} == {1, 2, 3}
    assert len(found) <= 3 * (event_index.MAX_DEPTH + 1)


def test_a_removed_file_resets_its_run_and_the_rest_follows_anew(tmp_path: Path) -> None:
    gone = write_events(event_path(tmp_path / "a", "1"), [frame_event(1)])
    write_events(event_path(tmp_path / "a", "2"), [frame_event(2)])
    write_events(event_path(tmp_path / "b", "1"), [frame_event(3)])
    index = EventIndex(tmp_path)
    index.refresh()
    gone.unlink()
    updates = index.refresh()
    assert updates[0] == RunReset("a")
    assert [(event.run, event.step) for event in stored(updates)] == [("a", 2)]


def test_a_replaced_file_resets_its_run(tmp_path: Path) -> None:
    path = three_frames(tmp_path)
    index = EventIndex(tmp_path)
    index.refresh()
    other = write_events(tmp_path / "new", [frame_event(step) for step in range(10, 20)])
    other.replace(path)
    updates = index.refresh()
    assert resets(updates) == ["."]
    assert steps(updates) == list(range(10, 20))


def test_a_file_that_shrank_resets_its_run(tmp_path: Path) -> None:
    path = three_frames(tmp_path)
    index = EventIndex(tmp_path)
    index.refresh()
    write_events(path, [frame_event(8)])
    updates = index.refresh()
    assert resets(updates) == ["."]
    assert steps(updates) == [8]


@pytest.mark.parametrize(
    "fate", ["removed", "replaced", "replaced by its like", "cut", "overwritten"]
)
@pytest.mark.parametrize("many", [event_file.MANY_BLOBS, 1])
def test_reading_a_file_that_changed_is_unavailable_and_never_a_wrong_answer(
    tmp_path: Path, fate: str, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_file, "MANY_BLOBS", many)
    path = three_frames(tmp_path)
    index = EventIndex(tmp_path)
    event = stored(index.refresh())[-1]
    if fate == "removed":
        path.unlink()
    elif fate == "replaced":
        write_events(tmp_path / "new", [frame_event(9)]).replace(path)
    elif fate == "replaced by its like":
        others = [frame_event(step, attempt="b") for step in (1, 2, 3)]
        write_events(tmp_path / "new", others).replace(path)
    elif fate == "cut":
        os.truncate(path, path.stat().st_size - 20)
    else:
        path.write_bytes(b"\xff" * path.stat().st_size)
    with pytest.raises(UnavailableError):
        index.read(event.location, [1, 2])


def test_where_many_blobs_are_is_kept_and_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_frames(tmp_path)
    walked = stored(EventIndex(tmp_path).refresh())
    monkeypatch.setattr(event_file, "MANY_BLOBS", 1)
    kept = stored(EventIndex(tmp_path).refresh())
    index = EventIndex(tmp_path)
    for one, other in zip(walked, kept, strict=True):
        blobs = range(one.blob_count)
        assert index.read(one.location, blobs) == index.read(other.location, blobs)
        assert other.location.spans is not None  # type: ignore[attr-defined]


@pytest.mark.parametrize("many", [event_file.MANY_BLOBS, 1])
def test_a_blob_the_event_does_not_have_is_an_index_error(
    tmp_path: Path, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_file, "MANY_BLOBS", many)
    three_frames(tmp_path)
    index = EventIndex(tmp_path)
    event = stored(index.refresh())[0]
    with pytest.raises(IndexError):
        index.read(event.location, [3])


def test_a_location_of_another_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="not a location"):
        EventIndex(tmp_path).read("somewhere", [0])


def test_a_file_that_cannot_be_opened_is_a_problem_until_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_frames(tmp_path)
    index = EventIndex(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "open", lambda *_: (_ for _ in ()).throw(PermissionError(13, "denied")))
        assert index.refresh() == []
    assert kinds(index) == ["unreadable_file"]
    assert steps(index.refresh()) == [1, 2, 3]
    assert kinds(index) == []


def test_a_refresh_stops_at_its_budget_and_goes_on_at_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_frames(tmp_path / "a")
    three_frames(tmp_path / "b")
    ticks = itertools.count()
    clock = SimpleNamespace(monotonic=lambda: next(ticks))
    monkeypatch.setattr(event_index, "time", clock)
    monkeypatch.setattr(event_file, "time", clock)
    index = EventIndex(tmp_path, budget_s=2)  # the clock ticks whenever it is looked at
    assert steps(index.refresh()) == [1]
    assert index.progress().done_bytes < index.progress().total_bytes
    found = [steps(index.refresh()) for _ in range(9)]
    assert list(itertools.chain(*found)) == [2, 3, 1, 2, 3]
    assert max(map(len, found)) == 2
    assert index.progress().done_bytes == index.progress().total_bytes
    assert index.progress().done_bytes == index.progress().total_bytes


def test_our_own_files_are_read_before_others(tmp_path: Path) -> None:
    write_events(tmp_path / "a" / "events.out.tfevents.1.host.v2", [frame_event(1)])
    write_events(event_path(tmp_path / "b"), [frame_event(2)])
    assert steps(EventIndex(tmp_path).refresh()) == [2, 1]


def test_a_blob_over_the_limits_is_not_read(tmp_path: Path) -> None:
    event = frame_event(1)
    event.summary.value[0].tensor.string_val[1] = bytes((8 << 20) + 1)
    write_events(event_path(tmp_path), [event])
    index = EventIndex(tmp_path)
    (found,) = stored(index.refresh())
    with pytest.raises(UnavailableError, match="over the limits"):
        index.read(found.location, [1])


def test_a_huge_header_is_not_read_whole(tmp_path: Path) -> None:
    event = frame_event(1)
    event.summary.value[0].tensor.string_val[0] = bytes(3 << 20)
    write_events(event_path(tmp_path), [event])
    (found,) = stored(EventIndex(tmp_path).refresh())
    assert len(found.header) == (1 << 20) + 1


def test_an_event_with_more_blobs_than_any_cohort_ends_the_file(tmp_path: Path) -> None:
    event = frame_event(1)
    event.summary.value[0].tensor.string_val.extend([b""] * 70_000)
    write_events(event_path(tmp_path), [event])
    index = EventIndex(tmp_path)
    assert index.refresh() == []
    assert kinds(index) == ["corrupt_record"]


def test_a_stream_description_names_its_content(tmp_path: Path) -> None:
    three_frames(tmp_path)
    content = stored(EventIndex(tmp_path).refresh())[0].plugin_content
    assert pb.StreamMetadata.FromString(content).layer == LAYER
