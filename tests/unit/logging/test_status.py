"""The counts add up, and can be read."""

from __future__ import annotations

import dataclasses
import threading

from tensorboard_plugin_attn.logging.status import Counts

FATES = ("written", "dropped", "rejected", "thinned", "failed")


def counted(**numbers: int) -> Counts:
    counts = Counts()
    for name, number in numbers.items():
        counts.add(name, number)
    return counts


def test_what_is_not_settled_waits() -> None:
    status = counted(offered=20, written=1, dropped=2, rejected=3, thinned=4, failed=5).status(
        0, None, None
    )
    assert [getattr(status, name) for name in FATES] == [1, 2, 3, 4, 5]
    assert (status.offered, status.waiting) == (20, 5)


def test_a_status_says_only_what_there_is_to_say() -> None:
    assert repr(Counts().status(0, None, None)) == "<WriterStatus 0 offered>"
    status = counted(offered=9, written=5, thinned=1, failed=2)
    assert repr(status.status(1234, "No space left on device", "logs/a.attn")) == (
        "<WriterStatus 9 offered = 5 written + 1 thinned + 2 failed + 1 waiting; 1234 bytes; "
        "degraded: No space left on device; file: logs/a.attn>"
    )


def test_a_status_does_not_change_any_more() -> None:
    counts = counted(offered=1)
    before = counts.status(0, None, None)
    counts.add("written")
    assert (before.waiting, counts.status(0, None, None).waiting) == (1, 0)
    assert dataclasses.asdict(before)["offered"] == 1


def test_counts_of_several_threads_add_up() -> None:
    counts = Counts()

    def count() -> None:
        for _ in range(2000):
            counts.add("offered")
            counts.add("written")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert counts.status(0, None, None).waiting in range(5)
    status = counts.status(0, None, None)
    assert (status.offered, status.written) == (8000, 8000)
