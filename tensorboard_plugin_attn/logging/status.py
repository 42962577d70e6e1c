"""What became of everything that was offered to a writer."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(frozen=True)
class WriterStatus:
    """Counts since the writer was made; an entry is a layer's frame or a step's recommendations.

    Always `offered == written + dropped + rejected + failed + thinned + waiting`.

    Attributes:
      offered: entries handed to the writer.
      written: entries acknowledged: they survive kill -9.
      dropped: entries that made room in a full queue.
      rejected: frames that were not attention (NaN, negative, rows that do not sum to 1).
      failed: entries lost because the disk refused them.
      thinned: frames left out because the log reached `budget_bytes`.
      waiting: entries still in the queue.
      written_bytes: size of all records written.
      degraded: why the writer cannot write at present, or `None`.
      file: path of the current event file, or `None` before the first write.
    """

    offered: int
    written: int
    dropped: int
    rejected: int
    failed: int
    thinned: int
    waiting: int
    written_bytes: int
    degraded: str | None
    file: str | None


@dataclass
class Counts:
    """The mutable side of `WriterStatus`, safe to update from both threads."""

    offered: int = 0
    written: int = 0
    dropped: int = 0
    rejected: int = 0
    failed: int = 0
    thinned: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, name: str, number: int = 1) -> None:
        """Add `number` to the count called `name`."""
        with self._lock:
            setattr(self, name, getattr(self, name) + number)

    def status(self, written_bytes: int, degraded: str | None, file: str | None) -> WriterStatus:
        """Return a consistent snapshot."""
        with self._lock:
            settled = self.written + self.dropped + self.rejected + self.failed + self.thinned
            return WriterStatus(
                offered=self.offered,
                written=self.written,
                dropped=self.dropped,
                rejected=self.rejected,
                failed=self.failed,
                thinned=self.thinned,
                waiting=self.offered - settled,
                written_bytes=written_bytes,
                degraded=degraded,
                file=file,
            )
