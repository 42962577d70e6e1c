"""Records of one event file, one after the other, as far as they can be trusted."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.message import DecodeError
from tensorboard.compat.proto import event_pb2

from tensorboard_plugin_attn import codec

MAX_RECORD_BYTES = 256 << 20
_FRAMING_BYTES = 12


def events(path: Path) -> Iterator[event_pb2.Event]:
    """Yield the events of a file up to the first record that is torn or does not fit its checksum.

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
                yield event_pb2.Event.FromString(data)
            except DecodeError:
                return


def _crc(data: bytes) -> int:
    return int(struct.unpack("<I", data)[0])
