"""Where events come from: one interface, two honest backends.

`event_index` reads the event files themselves; `provider_store` asks TensorBoard's data provider
(for remote or hosted log directories). Both give the same bytes; a contract test compares them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol


class UnavailableError(OSError):
    """Stored bytes could not be read: the file went away, or the backend does not answer."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event of this plugin, seen for the first time.

    Attributes:
      run: TensorBoard's run name.
      tag: the summary value's tag.
      plugin_content: serialised `StreamMetadata`, empty if this event does not repeat it.
      step: the event's step.
      header: blob 0, a sealed `FrameHeader`.
      blob_count: number of blobs, the header included.
      location: what `read` needs to find the blobs again.
    """

    run: str
    tag: str
    plugin_content: bytes
    step: int
    header: bytes
    blob_count: int
    location: Hashable


@dataclass(frozen=True, slots=True)
class RunReset:
    """Forget all events of `run`: a file was removed or replaced. What is left follows anew."""

    run: str


@dataclass(frozen=True)
class Problem:
    """Something a person should know about a file.

    Attributes:
      kind: see docs/http_api.md, `/status`.
      run: the run the file belongs to.
      file: the file's name, without its directory.
      offset: where in the file, in bytes, or `None`.
      message: what is wrong.
      hint: what to do.
    """

    kind: str
    run: str
    file: str
    offset: int | None
    message: str
    hint: str


@dataclass(frozen=True)
class Progress:
    """How far the first reading of the log has come."""

    done_bytes: int
    total_bytes: int


class Store(Protocol):
    """A source of events. Not thread-safe but for `read`: `Runs` serialises the rest."""

    name: str

    def refresh(self) -> Sequence[StoredEvent | RunReset]:
        """Return what is new since the last call, in file order; bounded in time."""
        ...

    def read(self, location: Hashable, blobs: Sequence[int]) -> list[bytes]:
        """Return the blobs with these numbers (0 is the header).

        Raises:
          IndexError: the event has no such blob.
          UnavailableError: they can no longer be read.
        """
        ...

    def problems(self) -> Sequence[Problem]:
        """Return what is wrong at present."""
        ...

    def progress(self) -> Progress:
        """Return how much of the log is read."""
        ...
