"""All runs of a log directory, kept up to date, safe to ask from many threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.reading.catalogue import Catalogue, merged
from tensorboard_plugin_attn.reading.sessions import FrameInfo, Run
from tensorboard_plugin_attn.reading.store import (
    Problem,
    Progress,
    RunReset,
    Store,
    UnavailableError,
)

REFRESH_EVERY_S = 0.5


class Runs:
    """The runs of one store.

    `generation` grows with every change. Reading blobs happens outside the lock.
    """

    def __init__(self, store: Store, refresh_every_s: float = REFRESH_EVERY_S) -> None:
        self.store = store
        self.generation = 0
        self._refresh_every_s = refresh_every_s
        self._refreshed_s = float("-inf")
        self._runs: dict[str, Run] = {}
        self._catalogues: dict[str, tuple[Sequence[FrameInfo], Catalogue]] = {}
        self._problems: Sequence[Problem] = ()
        self._lock = threading.RLock()

    def refresh(self) -> None:
        """Take in what was written since; at most once per `refresh_every_s`."""
        with self._lock:
            if time.monotonic() - self._refreshed_s < self._refresh_every_s:
                return
            updates = self.store.refresh()
            for update in updates:
                if isinstance(update, RunReset):
                    self._runs.pop(update.run, None)
                    self._catalogues.pop(update.run, None)
                else:
                    self._runs.setdefault(update.run, Run(update.run)).add(update)
            self._read_markers()
            problems = self._find_problems()
            if updates or problems != self._problems:
                self._problems = problems
                self.generation += 1
            self._refreshed_s = time.monotonic()

    @contextmanager
    def locked(self) -> Iterator[dict[str, Run]]:
        """Give the runs by name, unchanging while in the block: do no I/O there."""
        with self._lock:
            yield self._runs

    def read(self, frame: FrameInfo, blobs: Sequence[int]) -> list[bytes]:
        """Return blobs of one event.

        Raises:
          IndexError: the event has no such blob.
          UnavailableError: they can no longer be read.
        """
        return self.store.read(frame.location, blobs)

    def catalogue(self, name: str) -> Catalogue:
        """Return the users and items of the run called `name`; empty if it has none.

        Raises:
          KeyError: there is no such run.
        """
        with self._lock:
            frames = sorted(
                self._runs[name].catalogues, key=lambda frame: (frame.wall_time_s, frame.sequence)
            )
            known = self._catalogues.get(name)
        before: Sequence[FrameInfo] = known[0] if known else ()
        if known and before == frames:
            return known[1]
        # Axes of candidates can be new at every step: only what came since is read. Events that
        # turn up in the middle (another writer's file) mean starting over.
        grew = known is not None and before == frames[: len(before)]
        new = frames[len(before) :] if grew else frames
        blobs = [(frame.attempt, blob) for frame in new for blob in self._first_blob(frame)]
        catalogue = merged(blobs, known[1] if known and grew else None)
        with self._lock:
            self._catalogues[name] = (frames, catalogue)
        return catalogue

    @property
    def has_data(self) -> bool:
        """Tell whether any run has something to show, as far as is known; does no I/O."""
        return any(run.has_data for run in tuple(self._runs.values()))

    @property
    def problems(self) -> Sequence[Problem]:
        """Return what is wrong with the log at present."""
        return self._problems

    def progress(self) -> Progress:
        """Return how much of the log is read."""
        with self._lock:
            return self.store.progress()

    def _read_markers(self) -> None:
        for run in self._runs.values():
            markers, run.markers = run.markers, []
            for frame in markers:
                try:
                    for blob in self._first_blob(frame):
                        run.add_marker(blob)
                except UnavailableError:
                    continue

    def _first_blob(self, frame: FrameInfo) -> list[bytes]:
        """Return blob 1 of an event, or nothing if it has a header only."""
        try:
            return self.read(frame, [1])
        except IndexError:
            return []

    def _find_problems(self) -> Sequence[Problem]:
        found = list(self.store.problems())
        for run in self._runs.values():
            found.extend(_run_problems(run))
        return tuple(found)


def _run_problems(run: Run) -> Iterator[Problem]:
    if run.newer_format:
        yield Problem(
            kind="newer_format",
            run=run.name,
            file="",
            offset=None,
            message=f"Written in format {run.newer_format}; this version reads up to "
            f"{schema.FORMAT_VERSION}.",
            hint="Upgrade tensorboard-plugin-attn where TensorBoard runs.",
        )
    for step, why, _ in run.unreadable:
        yield Problem(
            kind="unreadable_frame",
            run=run.name,
            file="",
            offset=None,
            message=f"Step {step}: {why}.",
            hint="The other steps are shown.",
        )
