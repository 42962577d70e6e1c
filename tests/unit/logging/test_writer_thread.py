"""The thread's bookkeeping; tests/faults/test_thread.py has what goes wrong with it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tensorboard_plugin_attn.logging import writer_thread
from tensorboard_plugin_attn.logging.events import CatalogueBuilder
from tensorboard_plugin_attn.logging.losses import Losses
from tensorboard_plugin_attn.logging.queue import DropOldestQueue, QueueLimits
from tensorboard_plugin_attn.logging.sink import Sink
from tensorboard_plugin_attn.logging.status import Counts
from tensorboard_plugin_attn.logging.writer_thread import EXIT_TIMEOUT_S, WriterThread
from tensorboard_plugin_attn.privacy import Privacy
from tests.fixtures.logs import cohort


def made(directory: Path) -> WriterThread:
    sink = Sink(
        directory=directory,
        catalogue=CatalogueBuilder(cohort(), Privacy(key=b"k" * 32)),
        counts=Counts(),
        losses=Losses(),
    )
    return WriterThread(DropOldestQueue(QueueLimits()), sink)


class Hung:
    """A thread whose disk takes all the time it is given."""

    def __init__(self, clock: SimpleNamespace) -> None:
        self.clock = clock
        self.waited_s: list[float] = []

    def close(self, timeout_s: float) -> bool:
        self.waited_s.append(timeout_s)
        self.clock.now_s += timeout_s
        return False


def test_all_writers_together_get_one_timeout_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now_s=5.0)
    hung = [Hung(clock) for _ in range(4)]
    monkeypatch.setattr(writer_thread, "_unfinished", set(hung))
    monkeypatch.setattr(writer_thread, "time", SimpleNamespace(monotonic=lambda: clock.now_s))
    writer_thread._close_all()
    assert clock.now_s == 5.0 + EXIT_TIMEOUT_S
    assert sorted(seconds for thread in hung for seconds in thread.waited_s) == [
        0.0,
        0.0,
        0.0,
        EXIT_TIMEOUT_S,
    ]


def test_a_thread_is_remembered_until_it_has_finished(tmp_path: Path) -> None:
    thread = made(tmp_path)
    assert thread in writer_thread._unfinished
    assert not thread.is_finished
    assert thread.close(60)
    assert thread.is_finished
    assert thread not in writer_thread._unfinished
    assert list(tmp_path.iterdir()) == []  # it had nothing to say


def test_a_finished_thread_is_not_started_again(tmp_path: Path) -> None:
    thread = made(tmp_path)
    assert thread.close(60)
    ended = thread._thread
    thread._start_again_at_s = 0.0
    thread.ensure_alive()
    assert thread._thread is ended
    assert thread.flush(0)
    assert thread.close(0)


def test_an_idle_thread_is_flushed_at_once(tmp_path: Path) -> None:
    thread = made(tmp_path)
    assert thread.flush(0)
    assert thread.close(60)


def test_while_one_starts_it_the_others_go_on(tmp_path: Path) -> None:
    thread = made(tmp_path)
    assert thread.close(60)
    thread._finished = False  # as if it had died
    with thread._starting:
        thread.ensure_alive()  # a signal handler's call: neither waits nor starts a second one
    assert not thread._is_alive
    thread._finished = True
