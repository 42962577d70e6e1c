"""64 KiB records to disk: our `RecordFile` against the writers people have.

Every contender opens a file, writes the same records and closes it; the clock runs from open to
closed. TensorBoard's and TensorFlow's writers buffer, ours has made one `write(2)` per record:
none of them syncs to the disk, so this is about processor time and copies, not about the disk.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, types_pb2
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from benchmarks.result import Bar, Result
from benchmarks.runner import Contender, interleave
from tensorboard_plugin_attn.logging.records import RecordFile

RECORD_BYTES = 64 << 10
OURS, EVENT_FILE_WRITER = "RecordFile.append", "tensorboard EventFileWriter"


def run(quick: bool) -> Result:
    """Measure MB/s of each writer."""
    count, runs = (32, 3) if quick else (160, 9)
    blobs = [os.urandom(RECORD_BYTES) for _ in range(count)]
    events = [_event(blob, step) for step, blob in enumerate(blobs)]
    serialised = [event.SerializeToString() for event in events]
    with tempfile.TemporaryDirectory() as scratch:
        directories = _Directories(Path(scratch))

        def contender(name: str, write: Callable[[Path], None]) -> Contender:
            return Contender(name, lambda: _megabytes_per_second(write, directories.new(), count))

        costs = interleave(
            [
                contender(OURS, lambda where: _ours(where, events)),
                contender(EVENT_FILE_WRITER, lambda where: _event_file_writer(where, events)),
                contender("tf.summary.write", lambda where: _tf_summary(where, blobs)),
                contender("tf.io.TFRecordWriter", lambda where: _tf_record(where, serialised)),
            ],
            runs,
        )
    return Result(
        name="write",
        what=f"{count} records of 64 KiB, from open to closed",
        unit="MB/s",
        costs=costs,
        ours=OURS,
        reference=EVENT_FILE_WRITER,
        bar=Bar(40, "at least", "as fast as tf.io.TFRecordWriter"),
    )


class _Directories:
    """Fresh directories, so that no contender meets another's files."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._count = 0

    def new(self) -> Path:
        self._count += 1
        path = self._root / str(self._count)
        path.mkdir()
        return path


def _megabytes_per_second(write: Callable[[Path], None], where: Path, count: int) -> float:
    began_s = time.perf_counter()
    write(where)
    elapsed_s = time.perf_counter() - began_s
    written = sum(file.stat().st_size for file in where.iterdir())
    if written < count * RECORD_BYTES:
        raise RuntimeError(f"{written} bytes in the file, {count * RECORD_BYTES} were written")
    for file in where.iterdir():
        file.unlink()
    return count * RECORD_BYTES / 1e6 / elapsed_s


def _event(blob: bytes, step: int) -> event_pb2.Event:
    tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, string_val=[blob])
    value = summary_pb2.Summary.Value(tag="blob", tensor=tensor)
    return event_pb2.Event(
        wall_time=time.time(), step=step, summary=summary_pb2.Summary(value=[value])
    )


def _ours(where: Path, events: list[event_pb2.Event]) -> None:
    file = RecordFile(where)
    for event in events:
        file.append(event)
    file.close()


def _event_file_writer(where: Path, events: list[event_pb2.Event]) -> None:
    writer = EventFileWriter(str(where))
    for event in events:
        writer.add_event(event)
    writer.close()


def _tf_summary(where: Path, blobs: list[bytes]) -> None:
    writer = tf.summary.create_file_writer(str(where))
    with writer.as_default():
        for step, blob in enumerate(blobs):
            tf.summary.write("blob", tf.constant(blob), step=step)
    writer.close()


def _tf_record(where: Path, records: list[bytes]) -> None:
    with tf.io.TFRecordWriter(str(where / "records")) as writer:
        for record in records:
            writer.write(record)
