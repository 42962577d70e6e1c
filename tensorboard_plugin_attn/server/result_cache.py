"""Answers that took time to compute, kept within a budget of bytes.

Keys name attempts and sequence numbers, so an answer never outlives what it was made of. Two
requests for one answer compute it once. Failures are not kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

BUDGET_BYTES = 128 << 20
_OVERHEAD_BYTES = 200


class ResultCache:
    """The least recently used answers go first."""

    def __init__(self, budget_bytes: int = BUDGET_BYTES) -> None:
        self._budget_bytes = budget_bytes
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._held_bytes = 0
        self._making: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    @property
    def held_bytes(self) -> int:
        """Number of bytes kept."""
        return self._held_bytes

    def get_or_make(self, key: str, make: Callable[[], bytes]) -> bytes:
        """Return the answer called `key`, made by `make` if it is not here.

        What `make` raises is raised to whoever asked; the next one who asks makes it anew.
        """
        with self._lock:
            if (known := self._known(key)) is not None:
                return known
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if (known := self._known(key)) is not None:
                    return known
            try:
                answer = make()
                self._keep(key, answer)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return answer

    def _known(self, key: str) -> bytes | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def _keep(self, key: str, answer: bytes) -> None:
        with self._lock:
            self._held_bytes -= self._cost(key, self._kept.pop(key, None))
            self._kept[key] = answer
            self._held_bytes += self._cost(key, answer)
            while self._held_bytes > self._budget_bytes:
                oldest, gone = self._kept.popitem(last=False)
                self._held_bytes -= self._cost(oldest, gone)

    @staticmethod
    def _cost(key: str, answer: bytes | None) -> int:
        return 0 if answer is None else len(key) + len(answer) + _OVERHEAD_BYTES
