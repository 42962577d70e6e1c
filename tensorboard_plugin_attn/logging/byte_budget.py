"""`budget_bytes` kept: what is logged gets sparser, and never ends, when a run's log is too large.

Frames of one step stay together: a step is kept in all layers or in none. Only attention is
thinned; the catalogue, recommendations and markers are small and always written.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger("tensorboard_plugin_attn")

_PARTS = 8  # the stride doubles with each further eighth of the budget: the log grows slowly
_MAX_DOUBLINGS = 32


@dataclass
class ByteBudget:
    """Says which steps are kept.

    Args:
      limit_bytes: how large the log may be before it is thinned; `None`: no limit.
    """

    limit_bytes: int | None
    _there_before: int | None = None  # what earlier trainings left in the directory
    _stride: int = 1
    _step: int = -1
    _steps_over: int = 0

    def __post_init__(self) -> None:
        """Refuse a budget that is none.

        Raises:
          ValueError: the limit is less than 1.
        """
        if self.limit_bytes is not None and self.limit_bytes < 1:
            raise ValueError(
                f"budget_bytes={self.limit_bytes}: must be 1 or more, or None for no limit"
            )

    def look(self, directory: Path) -> None:
        """Count, once, what is in the run's directory already."""
        if self._there_before is None and self.limit_bytes is not None:
            self._there_before = 0
            with suppress(OSError):
                self._there_before = sum(
                    file.stat().st_size for file in directory.glob("events.out.tfevents.*")
                )

    def refusal(self, step: int, written_bytes: int) -> str:
        """Return why attention of `step` is not to be written, or an empty string.

        Args:
          step: the training step; asked about it again, the answer is the same.
          written_bytes: what was written since the writer was made.
        """
        if self.limit_bytes is None:
            return ""
        if step != self._step:
            self._step = step
            self._stride = self._next_stride(self.limit_bytes, written_bytes)
            self._steps_over += self._stride > 1
        if self._stride == 1 or self._steps_over % self._stride == 0:
            return ""
        return f"budget_bytes {_size(self.limit_bytes)} reached: 1 step of {self._stride} is kept"

    def _next_stride(self, limit_bytes: int, written_bytes: int) -> int:
        over = written_bytes + (self._there_before or 0) - limit_bytes
        if over < 0:
            return 1
        doublings = min(_MAX_DOUBLINGS, 1 + over * _PARTS // limit_bytes)
        if self._stride == 1:
            logger.warning(
                "attention: the log reached budget_bytes=%s: only each 2nd step is written from "
                "now on, later fewer; what is left out is marked",
                _size(limit_bytes),
            )
        return 1 << doublings


def _size(count: int) -> str:
    """Return `count` bytes in the unit people would use."""
    for unit, shift in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if count >= 1 << shift:
            return f"{count / (1 << shift):.3g} {unit}"
    return f"{count} bytes"
