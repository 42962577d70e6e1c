"""The writer's thread survives errors; if it dies all the same, another one goes on."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from tensorboard_plugin_attn import AttentionWriter
from tensorboard_plugin_attn.logging import frames, records, sink, writer_thread
from tensorboard_plugin_attn.logging.records import RecordFile
from tests.faults.children import run_child
from tests.faults.readers import files_of, markers, our_steps, torn_bytes
from tests.fixtures.logs import LAYER, attention, cohort

# A thread's SystemExit is silent in Python, but not in pytest.
dies = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@pytest.fixture
def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AttentionWriter]:
    monkeypatch.setattr(sink, "FIRST_RETRY_S", 0.0)
    monkeypatch.setattr(sink, "LONGEST_RETRY_S", 0.0)
    monkeypatch.setattr(writer_thread, "RESTART_EVERY_S", 0.0)
    made = AttentionWriter(tmp_path / "run", cohort=cohort())
    yield made
    made.close()


def log(writer: AttentionWriter, *steps: int) -> None:
    for step in steps:
        writer.attention(LAYER, attention(seed=step), step=step, causal=True)
        assert writer.flush(60)


def test_an_encoder_that_raises_costs_its_entry_and_nothing_else(
    writer: AttentionWriter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    log(writer, 1)
    thread = writer._thread._thread
    with monkeypatch.context() as patched:
        patched.setattr(frames.FrameEncoder, "encode", lambda *_: 1 / 0)
        log(writer, 2, 3)
    log(writer, 4)
    assert writer._thread._thread is thread
    status = writer.close()
    assert (status.written, status.failed) == (2, 2)
    assert our_steps(tmp_path)["run"] == [1, 4]
    lost = [(marker.first_step, marker.frame_count) for marker in markers(tmp_path / "run")]
    assert lost == [(2, 1), (3, 1)]
    assert caplog.text.count("Traceback") == 1  # not one a step


def test_an_error_in_the_middle_of_a_record_leaves_no_torn_one_behind_it(
    writer: AttentionWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    log(writer, 1)

    def half(fd: int, data: bytes) -> int:
        if len(data) > 20:
            return write(fd, bytes(data[: len(data) // 2]))
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(records.os, "write", half)
        log(writer, 2)
    log(writer, 3)
    assert (writer.close().written, writer.status().failed) == (2, 1)
    assert our_steps(tmp_path)["run"] == [1, 3]
    assert [torn_bytes(path) for path in files_of(tmp_path / "run")] == [0]


@dies
@pytest.mark.parametrize("where", ["the entry", "half a record", "the sync"])
def test_a_thread_that_died_is_replaced_and_its_entry_counted(
    writer: AttentionWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    log(writer, 1)
    thread = writer._thread._thread
    write = os.write

    def die(*_: object) -> int:
        raise SystemExit

    def tear(fd: int, data: bytes) -> int:
        return write(fd, bytes(data[:50])) if len(data) > 200 else die()

    with monkeypatch.context() as patched:
        if where == "the entry":
            patched.setattr(sink.Sink, "_write_entry", die)
        elif where == "half a record":
            patched.setattr(records.os, "write", tear)
        else:
            patched.setattr(writer_thread, "SYNC_EVERY_S", 0.0)
            patched.setattr(RecordFile, "sync", die)
        writer.attention(LAYER, attention(seed=2), step=2, causal=True)
        thread.join(60)
    assert not thread.is_alive()
    assert writer.flush(60)
    during = writer.status()
    assert during.degraded == writer_thread.DIED
    assert writer._thread._thread is not thread
    log(writer, 3)
    status = writer.close()
    lost = where != "the sync"
    assert (status.written, status.failed, status.waiting) == (3 - lost, lost, 0)
    assert status.degraded is None
    assert our_steps(tmp_path)["run"] == ([1, 3] if lost else [1, 2, 3])
    assert sum(marker.frame_count for marker in markers(tmp_path / "run")) == lost
    assert len(files_of(tmp_path / "run")) == 2  # its file may be torn: it is left


@dies
def test_asynchronous_exceptions_at_any_moment_lose_no_count_and_no_acknowledged_step(
    writer: AttentionWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_thread, "LOOK_EVERY_S", 0.01)
    kill = ctypes.pythonapi.PyThreadState_SetAsyncExc
    acknowledged = []
    for step in range(1, 301):
        before = writer.status().written
        writer.attention(LAYER, attention(seed=step), step=step, causal=True)
        if step % 3 == 0 and (thread := writer._thread._thread) is not None and thread.ident:
            kill(ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit))
        assert writer.flush(60)
        if writer.status().written > before:
            acknowledged.append(step)
    status = writer.close()
    settled = status.written + status.failed
    assert (status.offered, status.waiting) == (300, 0)
    assert settled == 300
    assert set(acknowledged) <= set(our_steps(tmp_path)["run"])
    assert len(files_of(tmp_path / "run")) > 10  # threads did die
    assert all(torn_bytes(path) == 0 for path in files_of(tmp_path / "run"))


def test_a_process_out_of_threads_logs_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_thread, "RESTART_EVERY_S", 0.0)

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        writer = AttentionWriter(tmp_path / "run", cohort=cohort())
        writer.attention(LAYER, attention(), step=1, causal=True)
        assert (writer.status().degraded, writer.status().waiting) == (writer_thread.NOT_STARTED, 1)
    log(writer, 2)
    status = writer.close()
    assert (status.written, status.degraded) == (2, None)
    assert our_steps(tmp_path)["run"] == [1, 2]


def test_a_thread_that_dies_at_once_is_not_started_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []
    monkeypatch.setattr(writer_thread, "RESTART_EVERY_S", 3600.0)
    monkeypatch.setattr(writer_thread.WriterThread, "_run", lambda *_: started.append(1))
    writer = AttentionWriter(tmp_path, cohort=cohort())
    for step in range(100):
        writer.attention(LAYER, attention(), step=step, causal=True)
    assert len(started) == 1
    assert writer.close(0.01).waiting == 64
    writer_thread._unfinished.discard(writer._thread)  # nothing will ever finish it


def test_a_log_handler_that_raises_reaches_neither_thread(
    writer: AttentionWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(logging.Handler):
        def handle(self, record: logging.LogRecord) -> bool:
            raise RuntimeError(record.getMessage())

    monkeypatch.setattr(sink.logger, "handlers", [Broken()])
    thread = writer._thread._thread
    writer.attention(LAYER, attention(3), step=1)  # warns in the training's thread
    writer.attention(LAYER, attention() * 2, step=2)  # warns in the writer's
    assert writer.flush(60)
    with monkeypatch.context() as patched:
        patched.setattr(sink.Sink, "_write_entry", lambda *_: 1 / 0)
        log(writer, 3)
    log(writer, 4)
    assert writer._thread._thread is thread
    status = writer.close()
    assert (status.rejected, status.failed, status.written) == (2, 1, 1)
    writer.attention(LAYER, attention(), step=5)  # warns that the writer is closed
    assert writer.status().dropped == 1


def test_a_signal_handler_may_use_the_writer(tmp_path: Path) -> None:
    script = """
    writer = new_writer(RUN)
    good, bad = attention(2), attention(3)
    signals = []

    def handle(*_):
        signals.append(writer.status().offered)
        writer.attention(LAYER, bad, step=1)  # refused: takes every lock there is
        writer.attention(LAYER, good, step=1)
        signal.setitimer(signal.ITIMER_REAL, 0.0005)

    signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.0005)
    while len(signals) < 500:
        writer.attention(LAYER, good, step=1)
        writer.attention(LAYER, bad, step=1)
        writer.status()
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    status = writer.close()
    assert status.waiting == 0, status
    assert status.rejected > 500, status
    """
    done = run_child(script, tmp_path / "run")
    assert done.returncode == 0, done.stderr


def test_a_writer_that_is_forgotten_writes_everything_and_ends(tmp_path: Path) -> None:
    writer = AttentionWriter(tmp_path / "run", cohort=cohort())
    for step in range(20):
        writer.attention(LAYER, attention(seed=step), step=step, causal=True)
    thread, gone = writer._thread, weakref.ref(writer)
    del writer
    gc.collect()
    assert gone() is None
    thread.join(60)
    assert thread.is_finished
    assert our_steps(tmp_path)["run"] == list(range(20))


def test_threads_end_with_their_writers(tmp_path: Path) -> None:
    for number in range(5):
        AttentionWriter(tmp_path / str(number), cohort=cohort())
    gc.collect()
    until = time.monotonic() + 60
    while [thread for thread in threading.enumerate() if thread.name == "attn-writer"]:
        assert time.monotonic() < until, "threads of forgotten writers stay"
        time.sleep(0.01)


def test_a_step_without_end_is_refused_and_not_raised(writer: AttentionWriter) -> None:
    for step in (float("inf"), float("-inf"), float("nan")):
        writer.attention(LAYER, attention(), step=step)  # type: ignore[arg-type]
        writer.recommendations([], step=step)  # type: ignore[arg-type]
    assert writer.close().rejected == 6
