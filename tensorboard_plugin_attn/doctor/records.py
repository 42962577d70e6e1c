"""Records of one event file, one after the other, as far as they can be trusted."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.message import DecodeError
from tensorboard.compat.proto import event_pb2

from tensorboard_plugin_attn import codec
from tensorboard_plugin_attn.reading.event_file import MAX_RECORD_BYTES

_FRAMING_BYTES = 12


def records(path: Path) -> Iterator[tuple[event_pb2.Event, bytes]]:
    """Yield events, and their bytes, up to the first that is torn, damaged or no event.

    Raises:
      OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        while len(framing := file.read(_FRAMING_BYTES)) == _FRAMING_BYTES:
            (length,) = struct.unpack("<Q", framing[:8])
            if _crc(framing[8:]) != codec.masked_crc32c(framing[:8]) or length > MAX_RECORD_BYTES:
                return
            data = file.read(length)
            seal = file.read(4)
            if len(seal) < 4 or _crc(seal) != codec.masked_crc32c(data):
                return
            try:
                event = event_pb2.Event.FromString(data)
            except DecodeError:
                return
            yield event, data


def events(path: Path) -> Iterator[event_pb2.Event]:
    """Yield the events alone; see `records`."""
    return (event for event, _ in records(path))


def _crc(data: bytes) -> int:
    return int(struct.unpack("<I", data)[0])
