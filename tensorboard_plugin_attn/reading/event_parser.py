"""Finds this plugin's blobs in an event file without reading the blobs.

Walks the protobuf wire format with `pread`, skipping payloads: 64 KB records cost a few small
reads each. It believes no length it has not compared with the record's end.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from google.protobuf.message import DecodeError
from tensorboard.compat.proto import summary_pb2

from tensorboard_plugin_attn import schema

WINDOW_BYTES = 1024
MAX_METADATA_BYTES = 1 << 16
MAX_BLOBS = 65_536

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
# Field numbers of tensorboard/compat/proto/{event,summary,tensor}.proto.
_EVENT_STEP, _EVENT_SUMMARY = 2, 5
_SUMMARY_VALUE = 1
_VALUE_TAG, _VALUE_TENSOR, _VALUE_METADATA = 1, 8, 9
_TENSOR_STRING_VAL = 8


class MalformedEventError(ValueError):
    """A record's bytes are not an event."""


@dataclass
class FileWindow:
    """Random access to a file through one small buffer."""

    fd: int
    _start: int = 0
    _buffer: bytes = b""

    def bytes_at(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes at `offset`: fewer only at the end of the file."""
        buffer, begin = self.buffered(offset, count)
        return buffer[begin : begin + count]

    def buffered(self, offset: int, count: int) -> tuple[bytes, int]:
        """Return a buffer and where in it the bytes are that `bytes_at` would copy out of it."""
        begin = offset - self._start
        if begin < 0 or begin + count > len(self._buffer):
            self._buffer = os.pread(self.fd, max(count, WINDOW_BYTES), offset)
            self._start, begin = offset, 0
        return self._buffer, begin


class Span(NamedTuple):
    """Bytes of a file: `length` of them from `offset`. A tuple: an index makes one per blob."""

    offset: int
    length: int

    @property
    def end(self) -> int:
        """Return the offset behind the last byte."""
        return self.offset + self.length


@dataclass(slots=True)
class ParsedValue:
    """One summary value: its tag, its metadata if present, and where its strings are."""

    tag: str = ""
    metadata: summary_pb2.SummaryMetadata | None = None
    strings: list[Span] = field(default_factory=list)


@dataclass(slots=True)
class ParsedEvent:
    """An event's step and values."""

    step: int = 0
    values: list[ParsedValue] = field(default_factory=list)


def _varint(window: FileWindow, offset: int, end: int) -> tuple[int, int]:
    """Return a varint and the offset behind it."""
    count = min(10, end - offset)
    buffer, begin = window.buffered(offset, count)
    if count > 0 and begin < len(buffer) and (only := buffer[begin]) < 0x80:
        return only, offset + 1  # by far the most are one byte long
    value = 0
    for place, byte in enumerate(buffer[begin : begin + count]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, offset + place + 1
    raise MalformedEventError("a number does not end")


def _fields(window: FileWindow, span: Span) -> Iterator[tuple[int, int | Span]]:
    """Yield `(field number, number or span)` of the message in `span`."""
    offset, end = span.offset, span.end
    while offset < end:
        key, offset = _varint(window, offset, end)
        number, wire_type = key >> 3, key & 7
        if wire_type == _VARINT:
            value, offset = _varint(window, offset, end)
            yield number, value
            continue
        if wire_type == _BYTES:
            length, offset = _varint(window, offset, end)
        elif wire_type in (_FIXED64, _FIXED32):
            length = 8 if wire_type == _FIXED64 else 4
        else:
            raise MalformedEventError(f"wire type {wire_type}")
        if length > end - offset:
            raise MalformedEventError("a field is longer than its message")
        yield number, Span(offset, length)
        offset += length


def _signed(number: int) -> int:
    """Return an int64 that was sent as a varint."""
    number &= (1 << 64) - 1
    return number - (1 << 64) if number >> 63 else number


def parse_event(window: FileWindow, span: Span) -> ParsedEvent:
    """Return the event in `span`, payloads left unread.

    Raises:
      MalformedEventError: the bytes are not an event.
    """
    event = ParsedEvent()
    for number, value in _fields(window, span):
        if number == _EVENT_STEP and isinstance(value, int):
            event.step = _signed(value)
        elif number == _EVENT_SUMMARY and isinstance(value, Span):
            for inner, part in _fields(window, value):
                if inner == _SUMMARY_VALUE and isinstance(part, Span):
                    event.values.append(_parse_value(window, part))
    return event


def _parse_value(window: FileWindow, span: Span) -> ParsedValue:
    value = ParsedValue()
    for number, part in _fields(window, span):
        if not isinstance(part, Span):
            continue
        if number == _VALUE_TAG:
            value.tag = _small(window, part).decode("utf-8", "replace")
        elif number == _VALUE_METADATA:
            value.metadata = _metadata(_small(window, part))
        elif number == _VALUE_TENSOR:
            value.strings = _string_spans(window, part)
    return value


def _string_spans(window: FileWindow, span: Span) -> list[Span]:
    spans = []
    for number, part in _fields(window, span):
        if number == _TENSOR_STRING_VAL and isinstance(part, Span):
            spans.append(part)
            if len(spans) > MAX_BLOBS:
                raise MalformedEventError(f"more than {MAX_BLOBS} strings")
    return spans


def _small(window: FileWindow, span: Span) -> bytes:
    """Return a tag or metadata; empty if too large to be ours, as other plugins' may be."""
    if span.length > MAX_METADATA_BYTES:
        return b""
    return window.bytes_at(span.offset, span.length)


def _metadata(data: bytes) -> summary_pb2.SummaryMetadata:
    try:
        return summary_pb2.SummaryMetadata.FromString(data)
    except DecodeError as error:
        raise MalformedEventError("the metadata is not a message") from error


def is_ours(metadata: summary_pb2.SummaryMetadata) -> bool:
    """Tell whether a value with this metadata was written for this plugin."""
    return bool(metadata.plugin_data.plugin_name == schema.PLUGIN_NAME)


def record_length(frame: bytes) -> int:
    """Return the length in a TFRecord's first 8 bytes."""
    return int(struct.unpack("<Q", frame[:8])[0])
