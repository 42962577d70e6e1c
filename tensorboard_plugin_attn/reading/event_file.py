"""One event file, read from where the last reading stopped.

A torn record at the end is waited for; a corrupt one ends the file and is reported. Only regular
files are opened, so a FIFO in a log directory cannot hang the server.
"""

from __future__ import annotations

import os
import stat
import struct
import time
from array import array
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.reading import event_parser
from tensorboard_plugin_attn.reading.event_parser import (
    FileWindow,
    MalformedEventError,
    ParsedValue,
    Span,
)
from tensorboard_plugin_attn.reading.store import Problem, StoredEvent, UnavailableError

MAX_RECORD_BYTES = 256 << 20
_FRAMING_BYTES = 12  # length and its CRC; another 4 follow the data
# From here on a frame of one user would cost a walk over all users' blobs (12 ms for 512 users), so
# the index keeps where each is: 8 bytes a blob.
MANY_BLOBS = 32


@dataclass(frozen=True, slots=True)
class Location:
    """Where an event's value is: which file, which record, which of its values.

    Attributes:
      spans: offset in the record and length of each blob, one after the other, if there are many.
    """

    file: EventFile
    record: Span
    value: int
    spans: array[int] | None = None

    def __hash__(self) -> int:
        return hash((id(self.file), self.record.offset, self.value))


@dataclass(eq=False)
class EventFile:
    """An event file of `run` and how far it is read."""

    path: Path
    run: str
    inode: int
    size_bytes: int = 0
    offset: int = 0
    dead: bool = False  # nothing behind `offset` can be read
    problem: Problem | None = None
    tail_since_s: float | None = None
    _ours: set[str] = field(default_factory=set)

    def read_new(self, deadline_s: float) -> Iterator[StoredEvent]:
        """Yield this plugin's events behind `offset` until the file or the time ends.

        Args:
          deadline_s: `time.monotonic()` at which to stop; at least one record is read.
        """
        if self.unread_bytes == 0:
            return
        with self._opened() as fd:
            window = FileWindow(fd)
            while (record := self._next_record(window)) is not None:
                yield from self._events(window, record)
                if self.unread_bytes == 0 or time.monotonic() > deadline_s:
                    return

    def read(self, location: Location, blobs: Sequence[int]) -> list[bytes]:
        """Return blobs of the value at `location`.

        Raises:
          IndexError: the event has no such blob.
          UnavailableError: the file is gone, was replaced, or ends too early.
        """
        with self._opened() as fd:
            spans = self._spans(fd, location, blobs)
            return [self._blob(fd, span) for span in spans]

    @property
    def unread_bytes(self) -> int:
        """Return how much is still to be read."""
        return 0 if self.dead else max(0, self.size_bytes - self.offset)

    def _spans(self, fd: int, location: Location, blobs: Sequence[int]) -> list[Span]:
        """Return where `blobs` are, having made sure that the record is still there."""
        window, record, kept = FileWindow(fd), location.record, location.spans
        if kept is not None:
            framing = window.bytes_at(record.offset - _FRAMING_BYTES, _FRAMING_BYTES)
            if framing != _framing(record) or os.fstat(fd).st_size < record.end:
                raise UnavailableError("the file changed since it was indexed")
            return [Span(record.offset + kept[2 * n], kept[2 * n + 1]) for n in blobs]
        try:
            value = event_parser.parse_event(window, record).values[location.value]
        except (MalformedEventError, IndexError) as error:
            raise UnavailableError("the file changed since it was indexed") from error
        return [value.strings[number] for number in blobs]

    def _blob(self, fd: int, span: Span) -> bytes:
        if span.length > schema.MAX_RAW_BYTES:
            raise UnavailableError(f"a blob of {span.length} bytes is over the limits")
        data = os.pread(fd, span.length, span.offset)
        if len(data) != span.length:
            raise UnavailableError("the file is shorter than it was")
        return data

    @contextmanager
    def _opened(self) -> Iterator[int]:
        try:
            fd = os.open(self.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        except OSError as error:
            raise UnavailableError(error.strerror or "cannot be opened") from error
        try:
            state = os.fstat(fd)
            if not stat.S_ISREG(state.st_mode) or state.st_ino != self.inode:
                raise UnavailableError("the file was replaced")
            yield fd
        finally:
            os.close(fd)

    def _next_record(self, window: FileWindow) -> Span | None:
        """Return the span of the next record's data, or `None` if it is not whole yet."""
        frame = window.bytes_at(self.offset, _FRAMING_BYTES)
        if len(frame) < _FRAMING_BYTES:
            self._note_tail()
            return None
        length = event_parser.record_length(frame)
        if struct.unpack("<I", frame[8:])[0] != codec.masked_crc32c(frame[:8]):
            self._die("corrupt_record", "a record's length does not match its checksum")
            return None
        if length > MAX_RECORD_BYTES:
            self._die("corrupt_record", f"a record claims {length} bytes")
            return None
        span = Span(self.offset + _FRAMING_BYTES, length)
        if span.end + 4 > self.size_bytes:
            self._note_tail()
            return None
        self._forget_tail()
        return span

    def _events(self, window: FileWindow, record: Span) -> Iterator[StoredEvent]:
        try:
            event = event_parser.parse_event(window, record)
        except MalformedEventError as error:
            self._die("corrupt_record", f"a record is not an event: {error}")
            return
        self.offset = record.end + 4
        for place, value in enumerate(event.values):
            if value.metadata is not None and event_parser.is_ours(value.metadata):
                self._ours.add(value.tag)
            if value.tag not in self._ours or not value.strings:
                continue
            header = value.strings[0]
            content = value.metadata.plugin_data.content if value.metadata else b""
            yield StoredEvent(
                run=self.run,
                tag=value.tag,
                plugin_content=content,
                step=event.step,
                header=window.bytes_at(
                    header.offset, min(header.length, schema.MAX_HEADER_BYTES + 1)
                ),
                blob_count=len(value.strings),
                location=Location(self, record, place, _kept_spans(record, value)),
            )

    def _note_tail(self) -> None:
        if self.offset >= self.size_bytes:
            self._forget_tail()
            return
        now = time.monotonic()
        self.tail_since_s = now if self.tail_since_s is None else self.tail_since_s
        self.problem = Problem(
            kind="truncated_tail",
            run=self.run,
            file=self.path.name,
            offset=self.offset,
            message="The last record is not whole; everything before it is shown.",
            hint="A writer may still be at work. If training was killed, nothing else is lost.",
        )

    def _forget_tail(self) -> None:
        self.tail_since_s = None
        if self.problem and self.problem.kind == "truncated_tail":
            self.problem = None

    def _die(self, kind: str, message: str) -> None:
        self.dead = True
        self.problem = Problem(
            kind=kind,
            run=self.run,
            file=self.path.name,
            offset=self.offset,
            message=f"{message[:1].upper()}{message[1:]}; nothing behind it can be read.",
            hint="The steps before it are shown. Copy the file again if it came from elsewhere.",
        )


def _kept_spans(record: Span, value: ParsedValue) -> array[int] | None:
    if len(value.strings) < MANY_BLOBS:
        return None
    kept = array("I")
    for span in value.strings:
        kept.extend((span.offset - record.offset, span.length))
    return kept


def _framing(record: Span) -> bytes:
    """Return what stands before a record of this length."""
    packed = struct.pack("<Q", record.length)
    return packed + struct.pack("<I", codec.masked_crc32c(packed))


def read_location(location: Hashable, blobs: Sequence[int]) -> list[bytes]:
    """Return blobs at `location`, which must be a `Location`."""
    if not isinstance(location, Location):
        raise TypeError(f"{location!r} is not a location in an event file")
    return location.file.read(location, blobs)
