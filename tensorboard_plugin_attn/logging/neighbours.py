"""Other writers' files in a directory: what is there decides how a new file and attempt begin.

Names must ascend, because TensorBoard's Python loader reads files in the order of their names and
never turns back; and an attempt must begin after those it resumes, even if the clock was set back.
It reads names only, and asks no lock: locks hang where disks do.
"""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"events\.out\.tfevents\.(\d{10,})\.(.+)\.(\d+)\.[0-9a-f]{8}\.attn")


@dataclass(frozen=True)
class Neighbours:
    """What the names of a directory's event files say.

    Attributes:
      not_before_s: the earliest time a new file's name and a new attempt may bear; 0 in an empty
        directory.
      live_process: another process of this machine that runs and wrote a file here, or `None`.
    """

    not_before_s: int = 0
    live_process: int | None = None


def look(directory: Path) -> Neighbours:
    """Return what is known of the files in `directory`; nothing if it cannot be listed."""
    try:
        names = [path.name for path in directory.iterdir()]
    except OSError:
        return Neighbours()
    newest_s, process = -1, None
    host = socket.gethostname() or "localhost"
    for name in names:
        if found := _NAME.fullmatch(name):
            newest_s = max(newest_s, int(found[1]))
            if found[2] == host and _runs(int(found[3])):
                process = int(found[3])
    return Neighbours(newest_s + 1, process)


def _runs(process: int) -> bool:
    """Tell whether another process of this number runs (of this machine, or of this container)."""
    if os.name != "posix" or process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
