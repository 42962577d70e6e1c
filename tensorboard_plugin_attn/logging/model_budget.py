"""How many portable models a log may hold: ever fewer as it fills, and always room for the last.

A checkpoint cannot be taken back out of an event file, so the newest cannot push out the oldest.
Instead the distance between two doubles each time half of what is left of the budget is used: the
log never grows over it, however long the training, and every stretch of the training keeps some
(docs/decisions/0017-portable-models.md).
"""

from __future__ import annotations

from dataclasses import dataclass

MODELS_BYTES = 64 << 20


@dataclass
class ModelBudget:
    """Decides which models are written.

    Args:
      budget_bytes: what all of a writer's models together may take; `None`: no limit.
    """

    budget_bytes: int | None = MODELS_BYTES
    _written_bytes: int = 0
    _since_written: int = 0

    def refusal(self, size_bytes: int, *, is_last: bool = False) -> str | None:
        """Return why a model of `size_bytes` is not written, or `None` if it is.

        Args:
          is_last: of the training: then its budget may be overdrawn once.
        """
        self._since_written += 1
        if self.budget_bytes is None or is_last:
            return None
        left_bytes = self.budget_bytes - self._written_bytes
        if size_bytes > left_bytes:
            return f"models have used their budget of {self.budget_bytes >> 20} MiB"
        if self._since_written < self._distance(left_bytes):
            return f"models get sparser as their budget of {self.budget_bytes >> 20} MiB fills"
        return None

    def _distance(self, left_bytes: int) -> int:
        """Return 1 while more than half is left, 2 while more than a quarter is, 4, 8..."""
        distance, share_bytes = 1, (self.budget_bytes or 0) / 2
        while left_bytes <= share_bytes and share_bytes >= 1:
            distance, share_bytes = 2 * distance, share_bytes / 2
        return distance

    def written(self, size_bytes: int) -> None:
        """Count a model that was written."""
        self._written_bytes += size_bytes
        self._since_written = 0
