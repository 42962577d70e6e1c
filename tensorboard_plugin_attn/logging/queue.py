"""The bounded queue between a training step and the writer's thread.

Offering never blocks: when the queue is full the oldest waiting entry makes room, and is handed
back so that its loss is counted and marked.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """Anything that knows how much memory it holds."""

    @property
    def size_bytes(self) -> int:
        """Return the bytes it holds on to."""
        ...


Entry = TypeVar("Entry", bound=Sized)


@dataclass(frozen=True)
class QueueLimits:
    """How much may wait: entries and bytes, whichever is reached first."""

    entries: int = 64
    size_bytes: int = 64 << 20


class DropOldestQueue(Generic[Entry]):
    """First in, first out; drops the oldest instead of making the trainer wait.

    A signal handler may offer while its thread is offering: the lock is reentrant, and sizes are
    read and written back without a call between, where a handler could run.
    """

    def __init__(self, limits: QueueLimits) -> None:
        self._limits = limits
        self._waiting: deque[Entry] = deque()
        self._size_bytes = 0
        self._taken: Entry | None = None
        self._closed = False
        self._changed = threading.Condition()

    def offer(self, entry: Entry) -> list[Entry]:
        """Add `entry`; return what had to go for it (possibly `entry` itself)."""
        size_bytes = entry.size_bytes
        with self._changed:
            if self._closed or size_bytes > self._limits.size_bytes:
                return [entry]
            dropped = []
            while self._waiting and self._is_full_with(size_bytes):
                oldest = self._waiting.popleft()
                dropped.append(oldest)
                oldest_bytes = oldest.size_bytes
                self._size_bytes -= oldest_bytes
            self._waiting.append(entry)
            self._size_bytes += size_bytes
            self._changed.notify_all()
            return dropped

    def _is_full_with(self, size_bytes: int) -> bool:
        return (
            len(self._waiting) >= self._limits.entries
            or self._size_bytes + size_bytes > self._limits.size_bytes
        )

    def take(self, timeout_s: float) -> Entry | None:
        """Return the oldest entry, or `None` after `timeout_s` or when closed and empty.

        The entry counts as being worked on until `done` is called.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, timeout_s)
            if not self._waiting:
                return None
            entry = self._taken = self._waiting.popleft()
            self._size_bytes -= entry.size_bytes
            return entry

    @property
    def taken(self) -> Entry | None:
        """Return the entry that is being worked on: left behind by a thread that died, say."""
        return self._taken

    def done(self) -> None:
        """Say that the entry taken last is dealt with."""
        with self._changed:
            self._taken = None
            self._changed.notify_all()

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Wait until nothing waits or is worked on; return whether that was reached."""
        with self._changed:
            return self._changed.wait_for(lambda: self._is_idle, timeout_s)

    @property
    def _is_idle(self) -> bool:
        return not self._waiting and self._taken is None

    def close(self) -> None:
        """Refuse further entries; what waits can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def is_finished(self) -> bool:
        """Tell whether the queue is closed, empty, and nothing is worked on."""
        with self._changed:
            return self._closed and self._is_idle
