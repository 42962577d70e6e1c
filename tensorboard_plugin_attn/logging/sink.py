"""The writer's thread side: entries in, records out, a new file after every fault.

It never raises to the training thread, because it never runs there. A file that could not be
mended is left alone and a new one is opened; what was lost meanwhile is told by markers.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.logging import events
from tensorboard_plugin_attn.logging.byte_budget import ByteBudget
from tensorboard_plugin_attn.logging.entries import AttentionEntry, Entry, Moment
from tensorboard_plugin_attn.logging.frames import FrameEncoder
from tensorboard_plugin_attn.logging.losses import Losses
from tensorboard_plugin_attn.logging.records import RecordFile
from tensorboard_plugin_attn.logging.status import Counts

logger = logging.getLogger("tensorboard_plugin_attn")

FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 60.0


@dataclass
class Sink:
    """Turns entries into records of one attempt."""

    directory: Path
    catalogue: events.CatalogueBuilder
    axis_lengths: Sequence[int]
    counts: Counts
    losses: Losses
    worker: int = 0
    encoding: pb.Encoding = pb.U8_SQRT
    budget: ByteBudget = field(default_factory=lambda: ByteBudget(None))
    written_bytes: int = 0
    degraded: str | None = None
    attempt: pb.Attempt = field(init=False)
    _file: RecordFile | None = field(init=False, default=None)
    _sequence: int = field(init=False, default=0)
    _encoders: dict[str, FrameEncoder] = field(init=False, default_factory=dict)
    _tags_in_file: set[str] = field(init=False, default_factory=set)
    _retry_at_s: float = field(init=False, default=0.0)
    _retry_s: float = field(init=False, default=FIRST_RETRY_S)

    def __post_init__(self) -> None:
        """Begin a new attempt."""
        self.attempt = pb.Attempt(id=uuid.uuid4().hex, start_time_s=time.time())

    @property
    def file(self) -> str | None:
        """Return the current event file's path."""
        return str(self._file.path) if self._file else None

    def open(self) -> None:
        """Open the first file now.

        Raises:
          OSError: the directory cannot be made or written.
        """
        self._ready_file(time.time())

    def write(self, entry: Entry) -> None:
        """Write `entry`, or count and mark why not. Never raises."""
        if time.monotonic() < self._retry_at_s:
            self._fail(entry, self.degraded or "waiting to retry")
            return
        try:
            self._ready_file(entry.moment.wall_time_s)
            self._write_markers(entry.moment)
            outcome = self._write_entry(entry)
        except OSError as error:
            self._degrade(entry, error.strerror or type(error).__name__)
            return
        except Exception:
            # Anything at all: the thread must outlive a bad entry, and the loss be counted.
            logger.exception("step %d: not logged", entry.moment.step)
            self._start_groups()
            self._fail(entry, "an error in the writer; see the training's log")
            return
        self._recovered()
        self.counts.add(outcome)

    def sync(self) -> None:
        """Make what was written survive a power cut."""
        if self._file:
            try:
                self._file.sync()
            except OSError as error:
                self._note_degraded(error.strerror or "fdatasync failed")

    def close(self) -> None:
        """Write what is left to say and close the file."""
        try:
            if not self.losses.is_empty:
                self._ready_file(time.time())
                self._write_markers(Moment(0, None, time.time()), held=True)
            if self._file:
                self._file.close()
        except OSError as error:
            self._note_degraded(error.strerror or "write failed")

    def _write_entry(self, entry: Entry) -> str:
        """Write `entry`; return which of the counts it belongs to."""
        if isinstance(entry, AttentionEntry):
            return self._write_attention(entry)
        header = self._header(entry.moment)
        blobs = [
            pb.Recommendations(
                items=[self.catalogue.index(item) for item in user.items],
                scores=user.scores,
                target_rank=user.target_rank or 0,
                target_score=user.target_score or 0.0,
                seen_removed=user.seen_removed,
            ).SerializeToString()
            for user in entry.users
        ]
        self._write_new_items(entry.moment)
        metadata = events.stream_metadata(pb.RECOMMENDATIONS)
        metadata.cohort_size = len(entry.users)
        self._append(schema.RECOMMENDATIONS_TAG, blobs, header, metadata)
        return "written"

    def _write_attention(self, entry: AttentionEntry) -> str:
        layer = entry.layer
        if reason := self.budget.refusal(entry.moment.step, self.written_bytes):
            self.losses.add(pb.THINNED, entry, reason)
            return "thinned"
        encoder = self._encoders.setdefault(layer.name, FrameEncoder(layer, self.encoding))
        header = self._header(entry.moment)
        chunks, blobs = encoder.encode(entry.users, header.sequence, self._axis_lengths(entry))
        if all(chunk.rejected_reason for chunk in chunks):
            reason = chunks[0].rejected_reason if chunks else "no users"
            logger.warning("step %d, layer %s: not logged: %s", header.step, layer.name, reason)
            self.losses.add(pb.REJECTED, entry, reason)
            return "rejected"
        header.head_count = layer.head_count
        if entry.cost:
            header.cost.CopyFrom(entry.cost.message())
        header.chunks.extend(chunks)
        metadata = events.layer_metadata(layer, len(entry.users))
        self._append(schema.attention_tag(layer.name), blobs, header, metadata)
        return "written"

    def _axis_lengths(self, entry: AttentionEntry) -> Sequence[int]:
        return self.axis_lengths or [0] * len(entry.users)

    def _header(self, moment: Moment) -> pb.FrameHeader:
        self._sequence += 1
        return pb.FrameHeader(
            format_version=schema.FORMAT_VERSION,
            attempt=self.attempt,
            sequence=self._sequence,
            worker=self.worker,
            step=moment.step,
            epoch=moment.epoch or 0.0,
            has_epoch=moment.epoch is not None,
            wall_time_s=moment.wall_time_s,
        )

    def _append(
        self, tag: str, blobs: Sequence[bytes], header: pb.FrameHeader, metadata: pb.StreamMetadata
    ) -> None:
        if self._file is None:
            raise OSError("no file is open")
        first = tag not in self._tags_in_file
        event = events.blob_event(tag, blobs, header, metadata if first else None)
        self.written_bytes += self._file.append(event)
        self._tags_in_file.add(tag)

    def _ready_file(self, wall_time_s: float) -> None:
        if self._file and (self._file.broken or self._file.is_unlinked()):
            self._file.close()
            self._file = None
        if self._file is None:
            self.budget.look(self.directory)
            self._file = RecordFile(self.directory)
            self._tags_in_file.clear()
            self._start_groups()
            self._write_catalogue(self.catalogue.whole(), Moment(0, None, wall_time_s))

    def _write_new_items(self, moment: Moment) -> None:
        if news := self.catalogue.news():
            self._write_catalogue(news, moment)

    def _write_catalogue(self, catalogue: pb.Catalogue, moment: Moment) -> None:
        self._append(
            schema.CATALOGUE_TAG,
            [catalogue.SerializeToString()],
            self._header(moment),
            events.stream_metadata(pb.CATALOGUE),
        )

    def _write_markers(self, moment: Moment, *, held: bool = False) -> None:
        markers = self.losses.take(held=held)
        metadata = events.stream_metadata(pb.MARKERS)
        try:
            while markers:
                blob = markers[0].SerializeToString()
                self._append(schema.MARKERS_TAG, [blob], self._header(moment), metadata)
                markers.pop(0)
        finally:
            self.losses.put_back(markers)

    def _start_groups(self) -> None:
        for encoder in self._encoders.values():
            encoder.reset()

    def _fail(self, entry: Entry, why: str) -> None:
        self.losses.add(pb.WRITE_FAILED, entry, why)
        self.counts.add("failed")

    def _degrade(self, entry: Entry, why: str) -> None:
        # Even a mended file is left: a loader may have read into the torn record already, and the
        # catalogue may be what was lost.
        file, self._file = self._file, None
        if file:
            with suppress(OSError):
                file.close()
        self._start_groups()
        self._note_degraded(why)
        self._retry_at_s = time.monotonic() + self._retry_s
        self._retry_s = min(2 * self._retry_s, LONGEST_RETRY_S)
        self._fail(entry, why)

    def _note_degraded(self, why: str) -> None:
        if self.degraded != why:
            logger.warning("attention is not being logged: %s; training goes on", why)
        self.degraded = why

    def _recovered(self) -> None:
        if self.degraded:
            logger.warning("attention is being logged again")
        self.degraded = None
        self._retry_at_s = 0.0
        self._retry_s = FIRST_RETRY_S
