"""Drives faulty_disk.c: real system calls of a real process that fail, tear, hang or kill.

The test compiles it and starts a child with it preloaded; in the child, `Disk` sets the rules.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_suffix(".c")
FOREVER = 1 << 30
WRITE, SYNC, OPEN, TRUNCATE = range(4)
FAIL, KILL, HANG = range(3)


def compiled(directory: Path) -> dict[str, str]:
    """Return the environment of a child with the faulty disk; skips where it cannot be made."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("faulty disk: needs Linux and a C compiler called cc")
    library = directory / "faulty_disk.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", str(SOURCE), "-ldl"]
    subprocess.run([*command, "-o", str(library)], check=True)
    return {**os.environ, "LD_PRELOAD": str(library)}


class Disk:
    """The faulty disk of this process, which was started with it."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None)

    def rule(
        self,
        call: int,
        *,
        nth: int = 1,
        count: int = FOREVER,
        error: int = 0,
        short: int = 0,
        action: int = FAIL,
    ) -> None:
        """Let the `nth` call from now on, and `count - 1` after it, go wrong.

        Args:
          short: bytes the first of these writes takes, and says so, before the next ones fail.
        """
        self._library.disk_rule(call, nth, count, error, short, action)

    def hits(self, call: int) -> int:
        """Return how many calls went wrong since the rule was set."""
        return int(self._library.disk_hits(call))

    def release(self) -> None:
        """Let hanging calls go on."""
        self._library.disk_release()

    def heal(self) -> None:
        """Forget all rules."""
        for call in (WRITE, SYNC, OPEN, TRUNCATE):
            self._library.disk_rule(call, 0, 0, 0, 0, FAIL)
