"""What became of everything that was offered to a writer."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

_FATES = ("written", "dropped", "rejected", "thinned", "failed", "waiting")


@dataclass(frozen=True, repr=False)
class WriterStatus:
    """Counts since the writer was made; an entry is a layer's frame or a step's recommendations.

    Always `offered == written + dropped + rejected + thinned + failed + waiting`; nothing waits
    after a `close` that did not have to give up.

    Attributes:
      offered: entries handed to the writer.
      written: entries acknowledged: they survive kill -9.
      dropped: entries that made room in a full queue, or came after the end.
      rejected: frames that were not attention (NaN, negative, rows that do not sum to 1).
      thinned: entries left out on purpose.
      failed: entries lost because the disk refused them, or by an error in the writer.
      waiting: entries still in the queue.
      written_bytes: size of all records written.
      degraded: why the writer cannot write at present, or `None`.
      file: path of the current event file, or `None` before the first write.
    """

    offered: int
    written: int
    dropped: int
    rejected: int
    thinned: int
    failed: int
    waiting: int
    written_bytes: int
    degraded: str | None
    file: str | None

    def __repr__(self) -> str:
        counts = [f"{count} {name}" for name in _FATES if (count := getattr(self, name))]
        text = f"{self.offered} offered"
        text += f" = {' + '.join(counts)}" if counts else ""
        text += f"; {self.written_bytes} bytes" if self.written_bytes else ""
        text += f"; degraded: {self.degraded}" if self.degraded else ""
        text += f"; file: {self.file}" if self.file else ""
        return f"<WriterStatus {text}>"


@dataclass
class Counts:
    """The mutable side of `WriterStatus`, safe to update from both threads and signal handlers.

    The lock is reentrant, for a handler may ask for the status while its thread is counting. It
    runs between the calls of that thread, so a number is read and written back without one.
    """

    _totals: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("offered", *_FATES), 0))
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def add(self, name: str, number: int = 1) -> None:
        """Add `number` to the count called `name`."""
        with self._lock:
            self._totals[name] += number

    def status(self, written_bytes: int, degraded: str | None, file: str | None) -> WriterStatus:
        """Return a consistent snapshot."""
        with self._lock:
            totals = self._totals.copy()
        offered = totals.pop("offered")
        totals["waiting"] = offered - sum(totals.values())
        return WriterStatus(
            offered=offered, written_bytes=written_bytes, degraded=degraded, file=file, **totals
        )
