"""What was left out of the data and why, in counts, so that cleaning can be seen."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Dropped:
    """Rows that were dropped for one reason."""

    reason: str
    rows: int


@dataclass
class DropReport:
    """Counts of rows, in the order in which they were dropped.

    Attributes:
      source: what was read.
      rows_read: rows there were.
      dropped: what was taken out; reasons that took nothing are kept, with 0.
      notes: what else a reader of the figures should know.
    """

    source: str
    rows_read: int
    dropped: list[Dropped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, reason: str, rows: int) -> None:
        """Count `rows` dropped for `reason`."""
        self.dropped.append(Dropped(reason, rows))

    @property
    def rows_kept(self) -> int:
        """Return how many rows are left."""
        return self.rows_read - sum(dropped.rows for dropped in self.dropped)

    def __str__(self) -> str:
        """Return the report as lines of text."""
        lines = [f"{self.source}: {self.rows_read} rows read, {self.rows_kept} kept"]
        lines += [f"  {dropped.rows:>9}  {dropped.reason}" for dropped in self.dropped]
        return "\n".join(lines + [f"  {note}" for note in self.notes])
