"""Whatever happens in whatever order, every entry is accounted for, and so say the markers (P3)."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tensorboard.compat.proto import event_pb2

from tensorboard_plugin_attn import AttentionWriter, QueueLimits
from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.logging import sink
from tensorboard_plugin_attn.logging.writer_thread import WriterThread
from tests.fixtures.logs import LAYER, attention, blobs_of, cohort, recommendations

FAULTS: dict[str, Callable[[], BaseException]] = {
    "full": lambda: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    "broken": lambda: OSError(errno.EIO, os.strerror(errno.EIO)),
    "out of memory": MemoryError,
    "the thread dies": SystemExit,
}


class FakeDisk:
    """Files in memory, and what goes wrong with them."""

    def __init__(self) -> None:
        self.files: list[FakeFile] = []
        self.fault: Callable[[], BaseException] | None = None
        self.calls_left = 0  # until the fault
        self.faults_left = 0
        self.now_s = 0.0

    def touch(self) -> None:
        if self.fault is None or not self.faults_left:
            return
        if self.calls_left:
            self.calls_left -= 1
            return
        self.faults_left -= 1
        raise self.fault()

    def events(self, tag: str) -> list[event_pb2.Event]:
        return [
            event
            for file in self.files
            for event in file.events
            if event.summary.value[0].tag == tag
        ]

    def marked(self) -> int:
        """Return how many entries the markers on the disk speak of."""
        return sum(
            pb.Marker.FromString(blobs_of(event)[1]).frame_count for event in self.events("markers")
        )


class FakeFile:
    """What `sink` needs of a `RecordFile`."""

    def __init__(self, disk: FakeDisk) -> None:
        disk.touch()
        self.path = Path(f"file-{len(disk.files)}")
        self.broken = False
        self.events: list[event_pb2.Event] = []
        self._disk = disk
        disk.files.append(self)

    def append(self, event: event_pb2.Event) -> int:
        assert not self.broken, "appended to a file that was left"
        self._disk.touch()
        self.events.append(event)
        return 1

    def is_unlinked(self) -> bool:
        return self not in self._disk.files

    def sync(self) -> None:
        self._disk.touch()

    def close(self) -> None:
        self.broken = True

    def discard(self) -> None:
        self.close()
        assert {event.summary.value[0].tag for event in self.events} <= {"catalogue", "markers"}
        if self in self._disk.files:
            self._disk.files.remove(self)


class Accounts(RuleBasedStateMachine):
    """The machine is both the trainer and the writer's thread."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.disk = FakeDisk()
        self.patch.setattr(sink, "RecordFile", lambda *_: FakeFile(self.disk))
        clock = SimpleNamespace(monotonic=lambda: self.disk.now_s, time=lambda: 1e9)
        self.patch.setattr(sink, "time", clock)
        self.patch.setattr(WriterThread, "ensure_alive", lambda _: None)
        self.writer = AttentionWriter(
            "nowhere", cohort=cohort(), queue_limits=QueueLimits(entries=3)
        )
        self.writer._warned = {str(number) for number in range(10_000)}  # says nothing
        self.patch.setattr(sink.logger, "disabled", True)
        self.step = 0
        self.offered = 0
        self.acknowledged: list[int] = []
        self.removed_marks = 0

    def turn(self) -> None:
        """Write one entry as the thread does; a new one takes over if it dies."""
        taken = self.writer._queue._waiting
        step = taken[0].moment.step if taken else 0
        before = self.writer.status().written
        try:
            self.writer._thread.turn(0)
        except SystemExit:
            self.writer._thread.take_over()
        if self.writer.status().written > before:
            self.acknowledged.append(step)

    @rule(layers=st.integers(1, 3))
    def offer(self, layers: int) -> None:
        self.step += 1
        for layer in range(layers):
            name = LAYER if layer == 0 else f"layer-{layer}"
            self.writer.attention(name, attention(), step=self.step, causal=True)
        self.offered += layers

    @rule()
    def offer_recommendations(self) -> None:
        self.step += 1
        self.writer.recommendations(recommendations(first=self.step), step=self.step)
        self.offered += 1

    @rule(wrong=st.sampled_from([attention() * np.nan, attention() * 2, attention(3), None]))
    def offer_what_is_no_attention(self, wrong: object) -> None:
        self.step += 1
        self.writer.attention(LAYER, wrong, step=self.step)  # type: ignore[arg-type]
        self.offered += 1

    @rule(turns=st.integers(1, 4))
    def write(self, turns: int) -> None:
        for _ in range(turns):
            self.turn()

    @rule(name=st.sampled_from(list(FAULTS)), after=st.integers(0, 6), times=st.integers(1, 30))
    def break_the_disk(self, name: str, after: int, times: int) -> None:
        self.disk.fault, self.disk.calls_left, self.disk.faults_left = FAULTS[name], after, times

    @rule()
    def heal(self) -> None:
        self.disk.fault = None

    @rule(seconds=st.sampled_from([0.1, 1.0, 60.0]))
    def wait(self, seconds: float) -> None:
        self.disk.now_s += seconds

    @rule()
    def sync(self) -> None:
        try:
            self.writer._sink.sync()
        except (SystemExit, MemoryError):
            self.writer._thread.take_over()

    @rule()
    def remove_the_directory(self) -> None:
        self.removed_marks += self.disk.marked()
        self.disk.files.clear()
        self.acknowledged.clear()

    @invariant()
    def every_entry_is_accounted_for(self) -> None:
        status = self.writer.status()
        assert status.offered == self.offered
        lost = status.dropped + status.rejected + status.thinned + status.failed
        assert status.offered == status.written + lost + status.waiting
        assert status.waiting == len(self.writer._queue._waiting)
        pending = sum(mark.frame_count for mark in self.writer._losses._markers.values())
        assert self.disk.marked() + self.removed_marks + pending == lost

    @invariant()
    def what_is_acknowledged_is_on_the_disk(self) -> None:
        on_disk = {event.step for file in self.disk.files for event in file.events}
        assert set(self.acknowledged) <= on_disk

    @invariant()
    def every_file_begins_with_a_catalogue(self) -> None:
        for file in self.disk.files:
            tags = [event.summary.value[0].tag for event in file.events]
            assert tags[:1] in ([], ["catalogue"])

    def teardown(self) -> None:
        """Once the disk is healed and a minute has passed, everything is written and marked."""
        self.heal()
        self.wait(60.0)
        waiting = self.writer.status().waiting
        before = self.writer.status()
        for _ in range(waiting):
            self.turn()
        self.writer._sink.close()
        status = self.writer.status()
        assert (status.waiting, status.failed) == (0, before.failed)
        assert status.degraded is None or not waiting
        self.every_entry_is_accounted_for()
        assert self.writer._losses.is_empty
        self.patch.undo()
        self.writer._queue.close()
        assert self.writer._thread.close(60)


Accounts.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, report_multiple_bugs=False
)
TestAccounts = Accounts.TestCase
