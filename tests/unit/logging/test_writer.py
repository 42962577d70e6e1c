"""The writer promises: training never stops, nothing is lost silently, no person is in the log."""

from __future__ import annotations

import base64
import errno
import logging
import os
import shutil
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_attn import (
    AttentionWriter,
    Cohort,
    Item,
    Privacy,
    QueueLimits,
    User,
    UserRecommendations,
    WriterStatus,
)
from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.logging import sink
from tensorboard_plugin_attn.logging.records import RecordFile
from tests.fixtures.logs import (
    KEY,
    LAYER,
    attention,
    blobs_of,
    cohort,
    event_files,
    header_of,
    inflated_everywhere,
    markers_of,
    own_events,
    recommendations,
)

ATTENTION = f"attention/{LAYER}"


@pytest.fixture
def retry_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink, "FIRST_RETRY_S", 0.0)
    monkeypatch.setattr(sink, "LONGEST_RETRY_S", 0.0)


@pytest.fixture
def writer(tmp_path: Path, retry_at_once: None) -> Iterator[AttentionWriter]:
    made = AttentionWriter(tmp_path, cohort=cohort(), privacy=Privacy(key=KEY))
    made._sink._retry_s = 0.0
    yield made
    made.close()


def log(writer: AttentionWriter, *steps: int) -> None:
    for step in steps:
        writer.attention(LAYER, attention(seed=step), step=step, causal=True)
        assert writer.flush()


def accounts_for_all(status: WriterStatus) -> bool:
    settled = status.written + status.dropped + status.rejected + status.failed + status.thinned
    return status.offered == settled + status.waiting


def steps_in(path: Path) -> list[int]:
    return [event.step for event in own_events(path, ATTENTION)]


class HeldDisk:
    """A disk that takes nothing until it is released."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached = threading.Event()
        self.release = threading.Event()
        append = RecordFile.append

        def held(file: RecordFile, event: object) -> int:
            self.reached.set()
            assert self.release.wait(60)
            return append(file, event)

        monkeypatch.setattr(RecordFile, "append", held)


class FullDisk:
    """A disk that is full while `full` is true; each failing write leaves half a record."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        self.code = errno.ENOSPC
        self._torn = False
        self._write = os.write
        monkeypatch.setattr(os, "write", self.write)

    def write(self, fd: int, data: bytes) -> int:
        if not self.full:
            return self._write(fd, data)
        self._torn = not self._torn
        if self._torn and len(data) > 20:
            return self._write(fd, bytes(data[: len(data) // 2]))
        return self.refuse()

    def refuse(self, *_: object) -> int:
        raise OSError(self.code, os.strerror(self.code))


def test_what_was_logged_is_in_the_file_in_order(writer: AttentionWriter) -> None:
    log(writer, 1, 2, 5)
    status = writer.close()
    assert (status.offered, status.written, status.waiting) == (3, 3, 0)
    assert status.file is not None
    assert steps_in(Path(status.file)) == [1, 2, 5]
    assert status.written_bytes <= Path(status.file).stat().st_size


def test_sequence_numbers_count_every_event(writer: AttentionWriter) -> None:
    log(writer, 1)
    writer.recommendations(recommendations(), step=1)
    log(writer, 2)
    path = Path(str(writer.close().file))
    assert [header_of(event).sequence for event in own_events(path)] == [1, 2, 3, 4]
    assert {header_of(event).attempt.id for event in own_events(path)} == {writer._sink.attempt.id}


def test_the_catalogue_comes_first_and_new_items_follow_when_they_are_recommended(
    writer: AttentionWriter,
) -> None:
    writer.recommendations([UserRecommendations(("new",), (1.0,))] * 2, step=1)
    path = Path(str(writer.close().file))
    tags = [event.summary.value[0].tag for event in own_events(path)]
    assert tags == ["catalogue", "catalogue", "recommendations"]
    first, second = (pb.Catalogue.FromString(blobs_of(event)[1]) for event in own_events(path)[:2])
    assert len(first.users) == 2
    assert [item.id for item in second.items] == ["new"]
    assert not second.users


def test_metadata_stands_in_a_tags_first_event_only(writer: AttentionWriter) -> None:
    log(writer, 1, 2)
    path = Path(str(writer.close().file))
    contents = [
        event.summary.value[0].metadata.plugin_data.content for event in own_events(path, ATTENTION)
    ]
    assert [bool(content) for content in contents] == [True, False]
    assert pb.StreamMetadata.FromString(contents[0]).cohort_size == 2


def test_epochs_are_kept_and_a_missing_one_is_not_zero(writer: AttentionWriter) -> None:
    for step, epoch in enumerate((None, 0.0, 1.5, float("nan"), float("inf"))):
        writer.attention(LAYER, attention(), step=step, epoch=epoch)
    path = Path(str(writer.close().file))
    headers = [header_of(event) for event in own_events(path, ATTENTION)]
    assert [header.has_epoch for header in headers] == [False, True, True, False, False]
    assert headers[2].epoch == 1.5


def test_lengths_crop_left_padding(writer: AttentionWriter) -> None:
    padded = np.zeros((2, 2, 6, 6), np.float32)
    padded[:, :, 2:, 2:] = attention()
    padded[:, :, :2, 0] = 1
    writer.attention(LAYER, padded, step=1, lengths=[4, 4], causal=True)
    path = Path(str(writer.close().file))
    chunks = header_of(own_events(path, ATTENTION)[0]).chunks
    assert [(chunk.query_length, chunk.key_length) for chunk in chunks] == [(4, 4), (4, 4)]
    assert not any(chunk.rejected_reason for chunk in chunks)


def test_the_callers_array_may_be_changed_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = HeldDisk(monkeypatch)
    writer = AttentionWriter(tmp_path, cohort=cohort())
    values = attention()
    writer.attention(LAYER, values, step=1)
    values[:] = np.nan
    disk.release.set()
    assert writer.close().written == 1


MISTAKES = {
    "wrong number of users": {"attention": attention(3)},
    "no users": {"attention": attention(0)},
    "a number": {"attention": 5},
    "nothing": {"attention": None},
    "text": {"attention": ["a", "b"]},
    "ragged": {"attention": [[[1, 2], [3]], [[1]]]},
    "two axes and lengths": {"attention": np.ones((2, 3, 3)), "lengths": [2, 2]},
    "one axis and lengths": {"attention": np.ones((2, 3)), "lengths": [2, 2]},
    "wrong number of lengths": {"lengths": [4]},
    "a length of zero": {"lengths": [0, 4]},
    "lengths that are no list": {"lengths": 4},
    "unknown kind": {"kind": "strange"},
    "unknown similarity": {"similarity": "strange"},
    "unknown mode": {"mode": "strange"},
    "unknown dropout stage": {"dropout_stage": "strange"},
    "a negative layer": {"layer_index": -1},
    "a layer name that is no text": {"layer": 7},
    "a layer name that is no UTF-8": {"layer": "\ud800"},
    "a layer name without end": {"layer": "l" * 100_000},
    "head names without end": {"head_names": ["h" * 256] * 10_000},
    "a negative step": {"step": -1},
    "a step beyond 63 bits": {"step": 1 << 63},
    "a step that is NaN": {"step": float("nan")},
    "a step that is nothing": {"step": None},
    "an epoch that is text": {"epoch": "first"},
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_callers_mistake_never_raises_and_is_counted(
    writer: AttentionWriter, mistake: str
) -> None:
    arguments = {"layer": LAYER, "attention": attention(), "step": 1, **MISTAKES[mistake]}
    writer.attention(**arguments)
    log(writer, 2)
    status = writer.close()
    assert (status.offered, status.rejected, status.written) == (2, 1, 1)
    assert accounts_for_all(status)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        5,
        [None, None],
        recommendations(1),
        recommendations(3),
        [UserRecommendations(None, (1.0,))] * 2,  # type: ignore[arg-type]
        [UserRecommendations(("a",), ("b",))] * 2,  # type: ignore[arg-type]
        [UserRecommendations(("a",), (1.0,), target_rank=-1)] * 2,
    ],
    ids=repr,
)
def test_wrong_recommendations_never_raise_and_spoil_nothing_later(
    writer: AttentionWriter, wrong: object
) -> None:
    writer.recommendations(wrong, step=1)  # type: ignore[arg-type]
    writer.recommendations(recommendations(first=9), step=2)
    status = writer.close()
    assert (status.offered, status.written) == (2, 1)
    assert status.rejected + status.failed == 1


def test_refused_attention_and_refused_recommendations_are_marked_apart(
    writer: AttentionWriter,
) -> None:
    writer.attention(LAYER, attention(3), step=1)
    writer.recommendations(recommendations(3), step=2)
    markers = markers_of(Path(str(writer.close().file)))
    assert [(marker.layer, marker.first_step, marker.reason) for marker in markers] == [
        (LAYER, 1, pb.REJECTED),
        ("", 2, pb.REJECTED),
    ]


def test_ids_that_are_numbers_are_taken_as_text(tmp_path: Path) -> None:
    people = Cohort((User("a", (1, 2), 3),), {1: Item(1, "One")})  # type: ignore[arg-type, dict-item]
    with AttentionWriter(tmp_path, cohort=people) as writer:
        writer.recommendations([UserRecommendations((1, 9), (1.0, 0.5))], step=1)  # type: ignore[arg-type]
    assert writer.status().written == 1
    path = event_files(tmp_path)[0]
    items = [
        item
        for event in own_events(path, "catalogue")
        for item in pb.Catalogue.FromString(blobs_of(event)[1]).items
    ]
    assert [(item.id, item.label) for item in items] == [
        ("1", "One"),
        ("2", "2"),
        ("3", "3"),
        ("9", "9"),
    ]


def test_text_that_is_no_utf_8_does_not_stop_the_writer(tmp_path: Path) -> None:
    people = Cohort((User("a", ("\ud800",)),), {"\ud800": Item("\ud800", "\udfff")})
    with AttentionWriter(tmp_path, cohort=people) as writer:
        writer.attention(LAYER, attention(1), step=1)
    assert writer.status().written == 1


def test_one_users_bad_attention_leaves_the_neighbours(writer: AttentionWriter) -> None:
    values = attention()
    values[1, 0, 0, 0] = np.nan
    writer.attention(LAYER, values, step=1, causal=True)
    status = writer.close()
    header = header_of(own_events(Path(str(status.file)), ATTENTION)[0])
    assert [bool(chunk.rejected_reason) for chunk in header.chunks] == [False, True]
    assert status.written == 1


def test_a_step_no_user_of_which_is_attention_is_rejected_and_marked(
    writer: AttentionWriter, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        writer.attention(LAYER, attention() * np.float32(np.nan), step=1)
        log(writer, 2)
    status = writer.close()
    assert (status.rejected, status.written) == (1, 1)
    (marker,) = markers_of(Path(str(status.file)))
    assert (marker.reason, marker.first_step, marker.layer) == (pb.REJECTED, 1, LAYER)
    assert "NaN" in marker.detail
    assert "not logged" in caplog.text


def test_rejections_are_marked_even_if_nothing_else_was_ever_written(
    writer: AttentionWriter, tmp_path: Path
) -> None:
    writer.attention(LAYER, attention(3), step=1)
    writer.close()
    (path,) = event_files(tmp_path)
    assert [marker.first_step for marker in markers_of(path)] == [1]


def test_a_full_queue_drops_the_oldest_and_marks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = HeldDisk(monkeypatch)
    writer = AttentionWriter(tmp_path, cohort=cohort(), queue_limits=QueueLimits(entries=3))
    writer.attention(LAYER, attention(), step=0, causal=True)
    assert disk.reached.wait(60)
    for step in range(1, 11):
        writer.attention(LAYER, attention(), step=step, causal=True)
    held = writer.status()
    disk.release.set()
    status = writer.close()
    assert (held.dropped, held.waiting) == (7, 4)
    assert accounts_for_all(held)
    assert (status.written, status.dropped) == (4, 7)
    assert accounts_for_all(status)
    path = Path(str(status.file))
    assert steps_in(path) == [0, 8, 9, 10]
    (marker,) = markers_of(path)
    assert (marker.reason, marker.first_step, marker.last_step, marker.frame_count) == (
        pb.DROPPED,
        1,
        7,
        7,
    )


def test_offering_to_a_closed_writer_is_counted_as_dropped(writer: AttentionWriter) -> None:
    writer.close()
    writer.attention(LAYER, attention(), step=1)
    assert (writer.status().offered, writer.status().dropped) == (1, 1)


def test_closing_gives_up_on_a_disk_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    disk = HeldDisk(monkeypatch)
    writer = AttentionWriter(tmp_path, cohort=cohort())
    writer.attention(LAYER, attention(), step=1)
    assert disk.reached.wait(60)
    with caplog.at_level(logging.WARNING):
        status = writer.close(timeout_s=0.05)
    assert status.waiting == 1
    assert "gave up" in caplog.text
    disk.release.set()
    writer._thread.join(60)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("mendable", [True, False])
def test_after_a_disk_error_logging_goes_on_in_a_new_file(
    writer: AttentionWriter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    mendable: bool,
) -> None:
    disk = FullDisk(monkeypatch)
    disk.code = code
    log(writer, 1)
    first = Path(str(writer.status().file))
    whole = first.read_bytes()
    disk.full = True
    with monkeypatch.context() as patched:
        if not mendable:
            patched.setattr(os, "ftruncate", disk.refuse)
        log(writer, 2, 3)
    during = writer.status()
    assert during.degraded == os.strerror(code)
    assert accounts_for_all(during)
    disk.full = False
    log(writer, 4, 5)
    after = writer.close()
    assert after.degraded is None
    assert (after.written, after.failed) == (3, 2)
    second = Path(str(after.file))
    assert second != first
    assert first.read_bytes()[: len(whole)] == whole
    assert not mendable or first.read_bytes() == whole
    assert sorted(event_files(tmp_path)) == sorted([first, second])
    events = own_events(second)
    assert [event.summary.value[0].tag for event in events] == [
        "catalogue",
        "markers",
        ATTENTION,
        ATTENTION,
    ]
    assert [header_of(event).chunks[0].reference_sequence for event in events[2:]] == [
        0,
        header_of(events[2]).sequence,
    ]
    assert events[2].summary.value[0].metadata.plugin_data.content
    (marker,) = markers_of(second)
    assert (marker.reason, marker.first_step, marker.last_step) == (pb.WRITE_FAILED, 2, 3)


def test_a_disk_that_fails_once_at_the_catalogue_loses_nothing(
    writer: AttentionWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = RecordFile.append
    calls: list[int] = []

    def fail_second(file: RecordFile, event: object) -> int:
        calls.append(1)
        if len(calls) == 2:  # the file version is written, the catalogue is not
            raise OSError(errno.ENOSPC, "No space left on device")
        return append(file, event)

    monkeypatch.setattr(RecordFile, "append", fail_second)
    log(writer, 1, 2)
    path = Path(str(writer.close().file))
    tags = [event.summary.value[0].tag for event in own_events(path)]
    assert tags == ["catalogue", ATTENTION, ATTENTION]
    assert event_files(tmp_path) == [path]  # the file that held nothing is gone


def test_items_that_could_not_be_written_are_named_in_the_next_file(
    writer: AttentionWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    log(writer, 1)
    disk = FullDisk(monkeypatch)
    disk.full = True
    writer.recommendations([UserRecommendations(("new",), (1.0,))] * 2, step=1)
    assert writer.flush()
    disk.full = False
    writer.recommendations([UserRecommendations(("new",), (1.0,))] * 2, step=2)
    path = Path(str(writer.close().file))
    catalogue = pb.Catalogue.FromString(blobs_of(own_events(path, "catalogue")[0])[1])
    assert "new" in [item.id for item in catalogue.items]


def test_while_the_disk_is_not_tried_again_entries_fail_and_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = AttentionWriter(tmp_path, cohort=cohort())
    disk = FullDisk(monkeypatch)
    disk.full = True
    log(writer, 1)
    disk.full = False
    log(writer, 2, 3)  # within the first second after the fault
    status = writer.close()
    assert status.failed == 3
    markers = [marker for path in event_files(tmp_path) for marker in markers_of(path)]
    assert [(marker.first_step, marker.last_step) for marker in markers] == [(1, 3)]


def test_an_error_inside_the_thread_does_not_end_it(
    writer: AttentionWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sink.Sink, "_write_entry", lambda *_: 1 / 0)
        log(writer, 1)
    log(writer, 2)
    status = writer.close()
    assert (status.failed, status.written) == (1, 1)


@pytest.mark.parametrize("removed", ["file", "directory"])
def test_a_removed_log_is_begun_anew(writer: AttentionWriter, tmp_path: Path, removed: str) -> None:
    log(writer, 1)
    first = Path(str(writer.status().file))
    first.unlink()
    if removed == "directory":
        shutil.rmtree(tmp_path)
    log(writer, 2)
    second = Path(str(writer.close().file))
    assert second != first
    assert [event.summary.value[0].tag for event in own_events(second)] == ["catalogue", ATTENTION]


def unwritable(directory: Path) -> Path:
    """Return a path below a file: no account can make that directory, not even root."""
    (directory / "file").write_text("in the way")
    return directory / "file" / "run"


def test_a_directory_that_cannot_be_made_disables_the_writer(tmp_path: Path) -> None:
    with AttentionWriter(unwritable(tmp_path), cohort=cohort()) as writer:
        log(writer, 1, 2)
        status = writer.status()
    assert status.degraded == os.strerror(errno.ENOTDIR)
    assert status.failed == 2


def test_strict_raises_at_construction_only(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        AttentionWriter(unwritable(tmp_path), cohort=cohort(), strict=True)


def test_an_unknown_precision_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="precision='u4'"):
        AttentionWriter(tmp_path, precision="u4")


def test_a_log_without_a_cohort_has_no_users_of_its_own(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path) as writer:
        writer.attention(LAYER, attention(3), step=1, causal=True)
        writer.attention(LAYER, attention(2), step=2, causal=True)
    assert writer.status().written == 2
    (path,) = event_files(tmp_path)
    counts = [len(header_of(event).chunks) for event in own_events(path, ATTENTION)]
    assert counts == [3, 2]


def run_python(directory: Path, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(script), str(directory)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_writes_a_run_of_its_own(tmp_path: Path) -> None:
    done = run_python(
        tmp_path,
        """
        import os, sys
        from tensorboard_plugin_attn import AttentionWriter
        from tests.fixtures.logs import LAYER, attention, cohort
        writer = AttentionWriter(sys.argv[1], cohort=cohort())
        writer.attention(LAYER, attention(), step=1)
        assert writer.flush()
        child = os.fork()
        writer.attention(LAYER, attention(), step=2 if child else 7)
        assert writer.flush()
        status = writer.close()
        assert status.offered == status.written == (2 if child else 1), status
        if child:
            assert os.waitpid(child, 0)[1] == 0
        else:
            os._exit(0)
        """,
    )
    assert done.returncode == 0, done.stderr
    assert sorted(steps_in(path) for path in event_files(tmp_path)) == [[1, 2], [7]]
    attempts = {
        header_of(event).attempt.id for path in event_files(tmp_path) for event in own_events(path)
    }
    assert len(attempts) == 2
    [child] = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert child.name.startswith("fork_")
    assert [steps_in(path) for path in event_files(child)] == [[7]]


@pytest.mark.parametrize("ending", ["", "sys.exit(3)", "raise RuntimeError"])
def test_what_was_offered_is_written_at_exit_without_close(tmp_path: Path, ending: str) -> None:
    run_python(
        tmp_path,
        f"""
        import sys
        from tensorboard_plugin_attn import AttentionWriter
        from tests.fixtures.logs import LAYER, attention, cohort
        writer = AttentionWriter(sys.argv[1], cohort=cohort())
        for step in range(20):
            writer.attention(LAYER, attention(), step=step)
        {ending}
        """,
    )
    (path,) = event_files(tmp_path)
    assert steps_in(path) == list(range(20))


def test_every_acknowledged_step_survives_kill_9(tmp_path: Path) -> None:
    done = run_python(
        tmp_path,
        """
        import os, signal, sys
        from tensorboard_plugin_attn import AttentionWriter
        from tests.fixtures.logs import LAYER, attention, cohort
        writer = AttentionWriter(sys.argv[1], cohort=cohort())
        for step in range(20):
            writer.attention(LAYER, attention(), step=step)
        assert writer.flush()
        print(writer.status().written, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """,
    )
    (path,) = event_files(tmp_path)
    assert len(steps_in(path)) == int(done.stdout) == 20


SECRETS = (
    "raw-user-id-4711",
    "Anna Person",
    "secret-street",
    "unlisted-attribute-name",
    "Secret Item Title",
)


def secret_log(directory: Path) -> AttentionWriter:
    items = {f"i{number}": Item(f"i{number}", "Secret Item Title") for number in range(4)}
    people = Cohort(
        (
            User(
                "raw-user-id-4711",
                ("i0", "i1", "i2", "i3"),
                "i2",
                label="Anna Person",
                attributes={"unlisted-attribute-name": "secret-street", "history": "4 items"},
            ),
            User("other", ("i0", "i1", "i2", "i3")),
        ),
        items,
    )
    privacy = Privacy(key=KEY, user_attributes=frozenset({"history"}), item_labels=False)
    return AttentionWriter(directory, cohort=people, privacy=privacy)


def test_no_raw_id_label_or_unlisted_attribute_is_in_any_byte_of_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), secret_log(tmp_path) as writer:
        log(writer, 1, 2)
        writer.attention(LAYER, attention(3), step=3)
        writer.recommendations(recommendations(), step=1)
        status = writer.status()
    data = b"".join(path.name.encode() + path.read_bytes() for path in event_files(tmp_path))
    searched = data + inflated_everywhere(data) + caplog.text.encode() + repr(status).encode()
    assert b"4 items" in searched  # the search finds what may be there
    for secret in SECRETS:
        forms = (
            secret.encode(),
            secret.encode("utf-16-le"),
            secret.encode().hex().encode(),
            base64.b64encode(secret.encode()).rstrip(b"="),
        )
        assert [form for form in forms if form in searched] == [], secret


def test_without_a_key_pseudonyms_are_random_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ATTN_PSEUDONYM_KEY_FILE", raising=False)
    with caplog.at_level(logging.INFO):
        AttentionWriter(tmp_path, cohort=cohort()).close()
    assert "random pseudonyms" in caplog.text


def test_labels_and_listed_attributes_are_written_when_allowed(tmp_path: Path) -> None:
    people = Cohort((User("a", label="Anna", attributes={"country": "UK", "age": "30"}),))
    privacy = Privacy(key=KEY, user_labels=True, user_attributes=frozenset({"country"}))
    with AttentionWriter(tmp_path, cohort=people, privacy=privacy) as writer:
        log_one = attention(1)
        writer.attention(LAYER, log_one, step=1)
    (path,) = event_files(tmp_path)
    (user,) = pb.Catalogue.FromString(blobs_of(own_events(path, "catalogue")[0])[1]).users
    assert (user.label, dict(user.attributes)) == ("Anna", {"country": "UK"})
    assert user.id == privacy.pseudonym("a")
