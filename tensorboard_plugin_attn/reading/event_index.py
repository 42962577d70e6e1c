"""The primary store: an incremental index over the event files of a local log directory.

TensorBoard's loaders hold everything in memory and keep 10 of 1000 steps unless told otherwise;
this keeps offsets only, reads frames with `pread`, and every logged step stays reachable.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path

from tensorboard_plugin_attn.reading.event_file import EventFile, read_location
from tensorboard_plugin_attn.reading.store import (
    Problem,
    Progress,
    RunReset,
    StoredEvent,
    UnavailableError,
)

OUR_SUFFIX = ".attn"
EVENT_FILE_MARK = "tfevents"
REFRESH_BUDGET_S = 0.5
MAX_DEPTH = 16


class EventIndex:
    """A `Store` over the `*tfevents*` files below `logdir`."""

    name = "index"

    def __init__(self, logdir: str | os.PathLike[str], budget_s: float = REFRESH_BUDGET_S) -> None:
        self._logdir = Path(logdir).expanduser()
        self._budget_s = budget_s
        self._files: dict[Path, EventFile] = {}
        self._unreadable: dict[Path, Problem] = {}

    def refresh(self) -> Sequence[StoredEvent | RunReset]:
        """Return new events; stops after about `budget_s` and goes on at the next call."""
        updates: list[StoredEvent | RunReset] = list(self._find_files())
        deadline_s = time.monotonic() + self._budget_s
        for file in sorted(self._files.values(), key=_reading_order):
            if time.monotonic() > deadline_s:
                break
            try:
                updates.extend(file.read_new(deadline_s))
                self._unreadable.pop(file.path, None)
            except UnavailableError as error:
                self._unreadable[file.path] = _unreadable(file, str(error))
        return updates

    def read(self, location: Hashable, blobs: Sequence[int]) -> list[bytes]:
        """Return blobs of one event with `pread`."""
        return read_location(location, blobs)

    def problems(self) -> Sequence[Problem]:
        """Return what is wrong with files, corrupt ones first."""
        found = [file.problem for file in self._files.values() if file.problem]
        found.extend(self._unreadable.values())
        return sorted(found, key=lambda problem: (problem.kind, problem.run, problem.file))

    def progress(self) -> Progress:
        """Return bytes read and bytes there are; a torn tail counts as read."""
        total = sum(file.size_bytes for file in self._files.values())
        unread = sum(file.unread_bytes for file in self._files.values() if not file.problem)
        return Progress(total - unread, total)

    def _find_files(self) -> Iterator[RunReset]:
        """Bring the list of files up to date; yield a reset for each run that lost one."""
        found = dict(self._walk(self._logdir, 0))
        lost_runs = {
            file.run
            for path, file in self._files.items()
            if (state := found.get(path)) is None
            or state.st_ino != file.inode
            or state.st_size < file.offset
        }
        for run in sorted(lost_runs):
            self._files = {path: file for path, file in self._files.items() if file.run != run}
            yield RunReset(run)
        for path, state in found.items():
            file = self._files.get(path)
            if file is None:
                file = self._files[path] = EventFile(path, self._run_name(path), state.st_ino)
            file.size_bytes = state.st_size
        self._unreadable = {path: p for path, p in self._unreadable.items() if path in self._files}

    def _run_name(self, path: Path) -> str:
        """Return TensorBoard's name of the run `path` is in, as UTF-8: JSON knows nothing else."""
        run = os.path.relpath(path.parent, self._logdir).replace(os.sep, "/")
        return os.fsencode(run).decode("utf-8", "replace")

    def _walk(self, directory: Path, depth: int) -> Iterator[tuple[Path, os.stat_result]]:
        """Yield regular event files below `directory`; what vanishes meanwhile is passed over."""
        try:
            entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
        except OSError:
            return
        for entry in entries:
            try:
                state = entry.stat()
            except OSError:
                continue
            if stat.S_ISDIR(state.st_mode) and depth < MAX_DEPTH:
                yield from self._walk(Path(entry.path), depth + 1)
            elif stat.S_ISREG(state.st_mode) and EVENT_FILE_MARK in entry.name:
                yield Path(entry.path), state


def _reading_order(file: EventFile) -> tuple[bool, str, str]:
    """Files of our own writer first: others may be large and hold nothing for us."""
    return (not file.path.name.endswith(OUR_SUFFIX), file.run, file.path.name)


def _unreadable(file: EventFile, message: str) -> Problem:
    return Problem(
        kind="unreadable_file",
        run=file.run,
        file=file.path.name,
        offset=None,
        message=f"The file cannot be read: {message}.",
        hint="Check that the account TensorBoard runs under may read it.",
    )
