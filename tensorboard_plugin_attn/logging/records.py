"""An event file that is whole up to its last acknowledged record, whatever happens.

TensorBoard's own writer computes its CRC in Python (10 MB/s), hangs on a full disk's short write
and poisons the rest of the file. This one writes each record with `write(2)` before it says so,
cuts a torn record off, and never appends to a file that it could not mend.
"""

from __future__ import annotations

import errno
import os
import secrets
import socket
import struct
import time
from contextlib import suppress
from pathlib import Path

from tensorboard.compat.proto import event_pb2

from tensorboard_plugin_attn import codec


def frame_record(data: bytes) -> bytes:
    """Return `data` as one TFRecord: length, its CRC, data, its CRC."""
    length = struct.pack("<Q", len(data))
    return b"".join(
        (
            length,
            struct.pack("<I", codec.masked_crc32c(length)),
            data,
            struct.pack("<I", codec.masked_crc32c(data)),
        )
    )


def event_file_name(wall_time_s: float) -> str:
    """Return a new name TensorBoard recognises; the nonce keeps forks and restarts apart."""
    host = socket.gethostname() or "localhost"
    return (
        f"events.out.tfevents.{int(wall_time_s):010d}.{host}.{os.getpid()}."
        f"{secrets.token_hex(4)}.attn"
    )


class RecordFile:
    """One event file, opened exclusively, only ever appended to by this object.

    Raises (all methods): OSError, after which the file ends with the last whole record, or
    `broken` is true and nothing may be appended any more.
    """

    def __init__(self, directory: Path, not_before_s: float = 0.0) -> None:
        """Create the file and write its first record.

        Args:
          not_before_s: the earliest time the file's name may bear; see `neighbours`.
        """
        now = time.time()
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / event_file_name(max(now, not_before_s))
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
        self._fd = os.open(self.path, flags, 0o644)
        self.size_bytes = 0
        self.broken = False
        self._synced_bytes = 0
        self._last_wall_time_s = now
        try:
            self.append(event_pb2.Event(wall_time=now, file_version="brain.Event:2"))
        except BaseException:
            # A full disk is retried for days: leave neither a descriptor nor an empty file behind.
            self.discard()
            raise

    def append(self, event: event_pb2.Event) -> int:
        """Write `event` and return its record's size in bytes; then it survives kill -9.

        The wall time is made non-decreasing: a clock that jumps back must not reorder a file.
        """
        if self.broken:
            raise OSError(errno.EIO, "the file is closed or could not be mended")
        self._last_wall_time_s = max(self._last_wall_time_s, event.wall_time)
        event.wall_time = self._last_wall_time_s
        record = frame_record(event.SerializeToString())
        size_bytes = self.size_bytes
        try:
            self._write_all(record)
            self.size_bytes = size_bytes + len(record)
        except BaseException:  # a MemoryError, or the thread's end, tears a record as well
            self._cut_torn_record(size_bytes)
            raise
        return len(record)

    def _write_all(self, record: bytes) -> None:
        rest = memoryview(record)
        while rest:
            written = os.write(self._fd, rest)
            if written == 0:
                raise OSError("write(2) wrote nothing")
            rest = rest[written:]

    def _cut_torn_record(self, size_bytes: int) -> None:
        self.broken = True
        with suppress(OSError):
            os.ftruncate(self._fd, size_bytes)
            os.lseek(self._fd, size_bytes, os.SEEK_SET)
            self.size_bytes = size_bytes
            self.broken = False

    def is_unlinked(self) -> bool:
        """Tell whether someone removed, moved or replaced the file or its directory under us."""
        try:
            ours, there = os.fstat(self._fd), self.path.stat()
        except OSError:
            return True
        return ours.st_nlink == 0 or ours.st_ino != there.st_ino

    def sync(self) -> None:
        """Make what is written survive a power cut, too. Touches no disk if nothing is new."""
        if self._synced_bytes != self.size_bytes:
            getattr(os, "fdatasync", os.fsync)(self._fd)
            self._synced_bytes = self.size_bytes

    def discard(self) -> None:
        """Close and remove the file, unless the name is another file's by now. Never raises."""
        with suppress(OSError):
            if not self.is_unlinked():
                self.path.unlink()
        with suppress(OSError):
            self.close()

    def close(self) -> None:
        """Close the file; it is never opened for writing again."""
        self.broken = True
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
