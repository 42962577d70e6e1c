"""Event files stay whole up to their last acknowledged record."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto import event_pb2
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import PyRecordReader_New

from tensorboard_plugin_attn.logging import records
from tensorboard_plugin_attn.logging.records import RecordFile, event_file_name, frame_record
from tests.fixtures.logs import frame_event, read_events

Write = Callable[[int, bytes], int]
write_2 = os.write


def open_files() -> int:
    descriptors = Path("/proc/self/fd")
    return len(list(descriptors.iterdir())) if descriptors.exists() else 0


def fail_with(code: int) -> Callable[..., int]:
    def fail(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    return fail


def torn_write(fd: int, data: bytes) -> int:
    """Write half of the first piece, then find the disk full."""
    if len(data) > 20:
        return write_2(fd, bytes(data[: len(data) // 2]))
    raise OSError(errno.ENOSPC, "No space left on device")


def test_tensorboards_own_readers_read_the_file(tmp_path: Path) -> None:
    file = RecordFile(tmp_path)
    logged = [frame_event(step) for step in (1, 2, 3)]
    for event in logged:
        file.append(event)
    file.close()
    reader = PyRecordReader_New(str(file.path))
    for expected in read_events(file.path):
        reader.GetNext()  # checks both CRCs
        assert event_pb2.Event.FromString(reader.record()) == expected
    assert len(list(RawEventFileLoader(str(file.path)).Load())) == 4


def test_the_first_record_is_the_file_version(tmp_path: Path) -> None:
    file = RecordFile(tmp_path)
    file.close()
    (first,) = read_events(file.path)
    assert first.file_version == "brain.Event:2"


def test_append_says_how_many_bytes_it_wrote(tmp_path: Path) -> None:
    file = RecordFile(tmp_path)
    before = file.path.stat().st_size
    written = file.append(frame_event(1))
    assert file.path.stat().st_size == before + written == file.size_bytes
    file.close()


def test_an_appended_record_is_in_the_file_at_once(tmp_path: Path) -> None:
    file = RecordFile(tmp_path)
    file.append(frame_event(1))
    assert len(read_events(file.path)) == 2
    file.close()


def test_names_are_new_each_time_and_known_to_tensorboard() -> None:
    names = {event_file_name(1_700_000_000.5) for _ in range(50)}
    assert len(names) == 50
    assert all(name.startswith("events.out.tfevents.1700000000.") for name in names)
    assert all(name.endswith(".attn") for name in names)


def test_an_existing_file_is_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "event_file_name", lambda _: "events.out.tfevents.1.attn")
    RecordFile(tmp_path).close()
    with pytest.raises(FileExistsError):
        RecordFile(tmp_path)


def test_wall_times_never_go_back(tmp_path: Path) -> None:
    file = RecordFile(tmp_path)
    begun = read_events(file.path)[0].wall_time
    for wall_time in (begun + 5, begun + 3, 0.0, begun + 6):
        file.append(event_pb2.Event(wall_time=wall_time))
    file.close()
    assert [event.wall_time - begun for event in read_events(file.path)] == [0, 5, 5, 5, 6]


def test_short_writes_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = RecordFile(tmp_path)
    monkeypatch.setattr(os, "write", lambda fd, data: write_2(fd, bytes(data[:7])))
    file.append(frame_event(1))
    monkeypatch.undo()
    assert read_events(file.path)[1].step == 1
    file.close()


@pytest.mark.parametrize("write", [torn_write, fail_with(errno.EIO), lambda fd, data: 0])
def test_a_torn_record_is_cut_off_and_the_file_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    file = RecordFile(tmp_path)
    file.append(frame_event(1))
    whole = file.path.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", write)
        with pytest.raises(OSError, match=r"No space|Input/output|wrote nothing"):
            file.append(frame_event(2))
    assert file.path.read_bytes() == whole
    assert not file.broken
    file.append(frame_event(3))
    assert [event.step for event in read_events(file.path)] == [0, 1, 3]
    file.close()


def test_a_file_that_cannot_be_mended_is_broken_and_takes_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = RecordFile(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", torn_write)
        patched.setattr(os, "ftruncate", fail_with(errno.EIO))
        with pytest.raises(OSError, match="No space"):
            file.append(frame_event(1))
    assert file.broken
    torn = file.path.read_bytes()
    with pytest.raises(OSError, match="could not be mended"):
        file.append(frame_event(2))
    assert file.path.read_bytes() == torn
    file.close()


def test_a_broken_file_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = open_files()
    file = RecordFile(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", torn_write)
        patched.setattr(os, "ftruncate", fail_with(errno.EIO))
        with pytest.raises(OSError, match="No space"):
            file.append(frame_event(1))
    file.close()
    file.close()
    assert open_files() == before


def test_a_file_that_cannot_be_begun_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = open_files()
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", fail_with(errno.ENOSPC))
        for _ in range(5):
            with pytest.raises(OSError, match="No space"):
                RecordFile(tmp_path)
    assert open_files() == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("removed", ["file", "directory"])
def test_a_removed_file_is_noticed(tmp_path: Path, removed: str) -> None:
    file = RecordFile(tmp_path / "run")
    assert not file.is_unlinked()
    file.path.unlink()
    if removed == "directory":
        file.path.parent.rmdir()
    assert file.is_unlinked()
    file.close()


def test_a_file_moved_away_is_noticed(tmp_path: Path) -> None:
    file = RecordFile(tmp_path)
    file.path.rename(tmp_path / "elsewhere")
    assert file.is_unlinked()
    file.close()


def test_a_frame_is_length_crc_data_crc() -> None:
    framed = frame_record(b"abc")
    assert framed[:8] == (3).to_bytes(8, "little")
    assert framed[12:15] == b"abc"
    assert len(framed) == 3 + 16
