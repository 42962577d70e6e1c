"""The queue never makes the trainer wait, and hands back what it dropped."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_attn.logging.queue import DropOldestQueue, QueueLimits


@dataclass(frozen=True)
class Entry:
    name: int
    size_bytes: int = 1


def filled(limits: QueueLimits, *entries: Entry) -> DropOldestQueue[Entry]:
    queue: DropOldestQueue[Entry] = DropOldestQueue(limits)
    for entry in entries:
        assert queue.offer(entry) == []
    return queue


def drained(queue: DropOldestQueue[Entry]) -> list[int]:
    taken = []
    while (entry := queue.take(0)) is not None:
        taken.append(entry.name)
        queue.done()
    return taken


def test_entries_come_out_in_order() -> None:
    assert drained(filled(QueueLimits(), Entry(1), Entry(2), Entry(3))) == [1, 2, 3]


def test_a_full_queue_drops_its_oldest_entry() -> None:
    queue = filled(QueueLimits(entries=2), Entry(1), Entry(2))
    assert queue.offer(Entry(3)) == [Entry(1)]
    assert drained(queue) == [2, 3]


def test_bytes_count_as_well_as_entries() -> None:
    queue = filled(QueueLimits(size_bytes=10), Entry(1, 4), Entry(2, 4))
    assert queue.offer(Entry(3, 9)) == [Entry(1, 4), Entry(2, 4)]
    assert drained(queue) == [3]


def test_an_entry_that_never_fits_is_dropped_itself() -> None:
    queue = filled(QueueLimits(size_bytes=10), Entry(1, 4))
    assert queue.offer(Entry(2, 11)) == [Entry(2, 11)]
    assert drained(queue) == [1]


def test_a_closed_queue_takes_nothing_and_gives_what_waits() -> None:
    queue = filled(QueueLimits(), Entry(1))
    queue.close()
    assert queue.offer(Entry(2)) == [Entry(2)]
    assert not queue.is_finished
    assert drained(queue) == [1]
    assert queue.is_finished


def test_take_gives_up_when_nothing_comes() -> None:
    assert DropOldestQueue[Entry](QueueLimits()).take(0.01) is None


def test_idle_means_nothing_waits_and_nothing_is_worked_on() -> None:
    queue = filled(QueueLimits(), Entry(1))
    assert not queue.wait_until_idle(0)
    queue.take(0)
    assert not queue.wait_until_idle(0)
    queue.done()
    assert queue.wait_until_idle(0)


@pytest.mark.parametrize("event", ["offer", "close"])
def test_a_waiting_taker_is_woken(event: str) -> None:
    queue: DropOldestQueue[Entry] = DropOldestQueue(QueueLimits())
    taken: list[Entry | None] = []
    thread = threading.Thread(target=lambda: taken.append(queue.take(60)))
    thread.start()
    if event == "offer":
        queue.offer(Entry(1))
    else:
        queue.close()
    thread.join(30)
    assert taken == [Entry(1) if event == "offer" else None]


@given(
    sizes=st.lists(st.integers(0, 12), max_size=40),
    entries=st.integers(1, 5),
    size_bytes=st.integers(1, 10),
)
def test_every_entry_is_either_dropped_once_or_taken_once(
    sizes: list[int], entries: int, size_bytes: int
) -> None:
    queue: DropOldestQueue[Entry] = DropOldestQueue(QueueLimits(entries, size_bytes))
    dropped = [
        gone.name for name, size in enumerate(sizes) for gone in queue.offer(Entry(name, size))
    ]
    taken = drained(queue)
    assert sorted(dropped + taken) == list(range(len(sizes)))
    assert taken == sorted(taken)
    assert len(taken) <= entries
    assert sum(sizes[name] for name in taken) <= size_bytes
