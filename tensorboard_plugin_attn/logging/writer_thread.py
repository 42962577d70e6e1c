"""The one thread that encodes and writes, and what keeps it alive.

An error while writing never ends it. Should it die all the same, the next call of the writer finds
out, counts what it was writing as failed, and starts another. It knows the queue and the sink, not
the writer: a writer that is forgotten without `close` still has everything written. It never lets
the interpreter's exit take longer than one timeout, however many disks hang.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import time
from contextlib import suppress

from tensorboard_plugin_attn.logging.entries import Entry
from tensorboard_plugin_attn.logging.queue import DropOldestQueue
from tensorboard_plugin_attn.logging.sink import Sink

logger = logging.getLogger("tensorboard_plugin_attn")

SYNC_EVERY_S = 5.0
EXIT_TIMEOUT_S = 10.0
RESTART_EVERY_S = 1.0
LOOK_EVERY_S = 0.5

DIED = "the writer's thread ended unexpectedly"
NOT_STARTED = "the writer's thread cannot be started"

_unfinished: set[WriterThread] = set()


class WriterThread:
    """Writes what `queue` holds to `sink` until the queue is closed and empty."""

    def __init__(self, queue: DropOldestQueue[Entry], sink: Sink) -> None:
        self._queue = queue
        self._sink = sink
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._start_again_at_s = 0.0
        self._deadline_s: float | None = None
        self._finished = False
        self._gave_up = False
        _unfinished.add(self)
        _close_at_the_end_of_a_worker()
        self.ensure_alive()

    @property
    def is_finished(self) -> bool:
        """Tell whether everything is written and the file is closed."""
        return self._finished

    def ensure_alive(self) -> None:
        """Start the thread if it should run and does not. Never raises, waits or touches a disk."""
        if self._is_alive or self._finished or not self._starting.acquire(blocking=False):
            return  # the lock is another thread's, or this one's, under a signal handler
        try:
            if not self._is_alive and time.monotonic() >= self._start_again_at_s:
                self._start_again_at_s = time.monotonic() + RESTART_EVERY_S
                self._start()
        finally:
            self._starting.release()

    def _start(self) -> None:
        died = self._thread is not None
        if died:
            self._sink.note_degraded(DIED)
        thread = threading.Thread(target=self._run, args=(died,), name="attn-writer", daemon=True)
        known, self._thread = self._thread, thread  # before it runs: there must never be two
        try:
            thread.start()
        except (RuntimeError, MemoryError):  # out of threads, or the interpreter is ending
            self._thread = known
            self._sink.note_degraded(NOT_STARTED)

    @property
    def _is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def flush(self, timeout_s: float) -> bool:
        """Wait until nothing waits; return whether that was reached in time."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            self.ensure_alive()
            left_s = deadline_s - time.monotonic()
            if self._queue.wait_until_idle(max(0.0, min(left_s, LOOK_EVERY_S))):
                return True
            if left_s <= LOOK_EVERY_S:
                return False

    def close(self, timeout_s: float) -> bool:
        """Write what waits and end; return whether that was reached in time, and say so if not.

        The first call's `timeout_s` holds for all: a hung disk is waited for once.
        """
        self._queue.close()
        if self._deadline_s is None:
            self._deadline_s = time.monotonic() + timeout_s
        while not self._finished:
            self.ensure_alive()
            left_s = self._deadline_s - time.monotonic()
            if left_s <= 0 or self._is_ending:
                break
            if self._is_alive and self._thread:
                self._thread.join(left_s)
            else:
                time.sleep(min(left_s, LOOK_EVERY_S / 10))
        if not self._finished and not self._gave_up:
            self._gave_up = True
            with suppress(Exception):
                logger.warning("gave up waiting for the disk; %s", self._sink.status())
        return self._finished

    @property
    def _is_ending(self) -> bool:
        """Tell whether the interpreter ends, which lets no thread start any more."""
        return self._sink.degraded == NOT_STARTED and not threading.main_thread().is_alive()

    def join(self, timeout_s: float) -> None:
        """Wait for the thread's end, whatever became of it."""
        if self._thread:
            self._thread.join(timeout_s)

    def _run(self, succeeds_a_dead_one: bool) -> None:
        """Be the thread."""
        if succeeds_a_dead_one:
            self.take_over()
        synced_s = time.monotonic()
        while not self._queue.is_finished:
            self.turn(SYNC_EVERY_S)
            if time.monotonic() - synced_s >= SYNC_EVERY_S:
                self._sink.sync()
                synced_s = time.monotonic()
        self._sink.close()
        self._finished = True
        _unfinished.discard(self)

    def take_over(self) -> None:
        """Settle what a dead thread left behind."""
        self._sink.abandon(self._queue.taken, DIED)
        self._queue.done()

    def turn(self, timeout_s: float) -> None:
        """Wait up to `timeout_s` for an entry, and write it."""
        entry = self._queue.take(timeout_s)
        if entry is not None:
            self._sink.write(entry)
            self._queue.done()


def _close_all() -> None:
    """Close every writer, those that were forgotten, too; together they get one timeout."""
    deadline_s = time.monotonic() + EXIT_TIMEOUT_S
    for thread in list(_unfinished):
        thread.close(max(0.0, deadline_s - time.monotonic()))


def _close_at_the_end_of_a_worker() -> None:
    """Have `multiprocessing` close our writers: it ends its children without `atexit`."""
    process, util = map(sys.modules.get, ("multiprocessing.process", "multiprocessing.util"))
    if process and util and process.parent_process() is not None:
        util.Finalize(None, _close_all, exitpriority=1)


def _forget_parent() -> None:
    """In a forked child: none of the parent's threads is there, and its locks may be held."""
    _unfinished.clear()
    if util := sys.modules.get("multiprocessing.util"):  # it is not ready for a `Finalize` yet
        util.register_after_fork(_close_all, lambda _: _close_at_the_end_of_a_worker())


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parent)
