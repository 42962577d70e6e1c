"""The writer's thread side: entries in, records out, a new file after every fault.

It never raises to the training thread, because it never runs there. A file in which a write or a
sync failed is left alone and a new one is opened, at once or after a pause; what was lost meanwhile
is told by markers.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tensorboard.compat.proto import event_pb2

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.capture.cohort import Cohort
from tensorboard_plugin_attn.logging import events, neighbours
from tensorboard_plugin_attn.logging.byte_budget import ByteBudget
from tensorboard_plugin_attn.logging.entries import AttentionEntry, Entry, ModelEntry, Moment
from tensorboard_plugin_attn.logging.frames import FrameEncoder
from tensorboard_plugin_attn.logging.health import Health, HealthOptions
from tensorboard_plugin_attn.logging.losses import Losses
from tensorboard_plugin_attn.logging.model_budget import ModelBudget
from tensorboard_plugin_attn.logging.records import RecordFile
from tensorboard_plugin_attn.logging.status import Counts, WriterStatus

logger = logging.getLogger("tensorboard_plugin_attn")

FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 60.0
COMPLAIN_EVERY_S = 60.0
_NO_ENTRIES = {schema.CATALOGUE_TAG, schema.MARKERS_TAG}


@dataclass
class Sink:
    """Turns entries into records of one attempt."""

    directory: Path
    catalogue: events.CatalogueBuilder
    counts: Counts
    losses: Losses
    worker: int = 0
    encoding: pb.Encoding = pb.U8_SQRT
    budget: ByteBudget = field(default_factory=lambda: ByteBudget(None))
    model_budget: ModelBudget = field(default_factory=ModelBudget)
    health: Health = field(default_factory=lambda: Health(HealthOptions()))
    written_bytes: int = 0
    degraded: str | None = None
    cohort: Cohort | None = None  # users that became known after the start; set by the writer
    attempt: pb.Attempt = field(init=False)
    _file: RecordFile | None = field(init=False, default=None)
    _sequence: int = field(init=False, default=0)
    _encoders: dict[str, FrameEncoder] = field(init=False, default_factory=dict)
    _tags_in_file: set[str] = field(init=False, default_factory=set)
    _said_full: bool = field(init=False, default=False)
    _waiting_health: list[event_pb2.Event] = field(init=False, default_factory=list)
    _lone_markers: list[pb.Marker] = field(init=False, default_factory=list)
    _lone_health: list[event_pb2.Event] = field(init=False, default_factory=list)
    _retry_at_s: float = field(init=False, default=0.0)
    _retry_s: float = field(init=False, default_factory=lambda: FIRST_RETRY_S)
    _said: set[str] = field(init=False, default_factory=set)
    _quiet_until_s: dict[str, float] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Begin a new attempt."""
        self.attempt = pb.Attempt(id=uuid.uuid4().hex, start_time_s=time.time())

    def status(self) -> WriterStatus:
        """Return what became of everything offered so far. Takes no lock a disk may hold."""
        file = self._file  # the other thread may leave it at any moment
        return self.counts.status(
            self.written_bytes, self.degraded, str(file.path) if file else None
        )

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
            outcome = self._persist(lambda: self._write_after_markers(entry))
        except OSError as error:
            self._retry_later()
            self._fail(entry, _reason(error))
            self.note_degraded(_reason(error))
        except Exception as error:
            # Anything at all: the thread must outlive a bad entry, and the loss be counted.
            self._start_groups()
            self._fail(entry, "an error in the writer; see the training's log")
            if type(error).__name__ not in self._said:  # one traceback, not one a step
                self._said.add(type(error).__name__)
                with suppress(Exception):
                    logger.exception("step %s: not logged", entry.moment.step)
        else:
            self.counts.add(outcome)
            self._recovered()

    def abandon(self, entry: Entry | None, why: str) -> None:
        """Give up the file and the entry a thread was at when it died: both may be torn."""
        self._leave_file()
        if entry is not None:
            self._fail(entry, why)
        self.note_degraded(why)

    def sync(self) -> None:
        """Make what was written survive a power cut."""
        try:
            if self._file:
                self._file.sync()
        except OSError as error:
            # The kernel may have thrown away what it could not write: no more goes in there.
            self._leave_file(keep=True)
            self.note_degraded(_reason(error))

    def close(self) -> None:
        """Write what is left to say and close the file. Never raises."""
        try:
            if not self.losses.is_empty:
                self._persist(self._write_last_markers)
            if self._file:
                self._write_health(None)
            self.sync()
            if self._file:
                self._file.close()
        except Exception as error:
            self.note_degraded(_reason(error))

    def _persist(self, write: Callable[[], str]) -> str:
        """Return what `write` does; if the disk refuses for the first time, in a new file.

        So a fault of one file (its size limit, its removal, a single error) loses nothing.
        """
        try:
            return write()
        except OSError as error:
            self._leave_file()
            if self.degraded:
                raise
            self._say(f"attention goes on in a new file: {_reason(error)}")
        try:
            return write()
        except OSError:
            self._leave_file()
            raise

    def _write_after_markers(self, entry: Entry) -> str:
        self._ready_file(entry.moment.wall_time_s)
        self._write_markers(entry.moment)
        self._write_health(entry.moment.step)  # first: a fault here must not fail a written entry
        return self._write_entry(entry)

    def _write_last_markers(self) -> str:
        now = time.time()
        self._ready_file(now)
        self._write_markers(Moment(0, None, now), held=True)
        return "written"

    def _write_entry(self, entry: Entry) -> str:
        """Write `entry`; return which of the counts it belongs to."""
        if isinstance(entry, AttentionEntry):
            return self._write_attention(entry)
        if isinstance(entry, ModelEntry):
            return self._write_model(entry)
        header = self._header(entry.moment)
        blobs = events.recommendation_blobs(entry.users, self.catalogue)
        self._write_news(entry.moment)
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
        reasons = [
            chunk.rejected_reason
            for chunk, user in zip(chunks, entry.users, strict=True)
            if user is not None
        ]
        if all(reasons):
            reason = reasons[0] if reasons else "no users"
            self.losses.add(pb.REJECTED, entry, reason)
            text = f"step {header.step}, layer {layer.name}: not logged: {reason}"
            self._complain(layer.name, text)
            return "rejected"
        header.head_count = layer.head_count
        if entry.cost:
            header.cost.CopyFrom(entry.cost.message())
        events.name_axes(chunks, entry.queries, entry.keys, self.catalogue)
        _add_importance(chunks, entry)
        header.chunks.extend(chunks)
        self._write_news(entry.moment)
        metadata = events.layer_metadata(layer, len(entry.users))
        self._append(schema.attention_tag(layer.name), blobs, header, metadata)
        self.health.observe(layer, chunks, header.step, header.wall_time_s)
        return "written"

    def _write_model(self, entry: ModelEntry) -> str:
        size_bytes = entry.size_bytes
        if reason := self.model_budget.refusal(size_bytes, is_last=entry.is_last):
            self.losses.add(pb.THINNED, entry, reason)
            return "thinned"
        header = self._header(entry.moment)
        axis = self.catalogue.axis(entry.vocabulary)
        self._write_news(entry.moment)
        blobs = events.model_blobs(entry.description, entry.weights, axis)
        metadata = events.stream_metadata(pb.PORTABLE_MODEL)
        metadata.cohort_size = len(self.catalogue.cohort.users)
        self._append(schema.MODEL_TAG, blobs, header, metadata)
        self.model_budget.written(size_bytes)
        return "written"

    def _axis_lengths(self, entry: AttentionEntry) -> Sequence[int]:
        users = self.catalogue.cohort.users
        return [len(user.history) for user in users] or [0] * len(entry.users)

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
        if tag not in _NO_ENTRIES:
            self._lone_markers.clear()
            self._lone_health.clear()

    def _ready_file(self, wall_time_s: float) -> None:
        if self._file and self._file.is_unlinked():
            self._say("the log file was removed or replaced; attention goes on in a new file")
            self._leave_file()
        if self._file and self._file.broken:
            self._leave_file()
        is_told = self.cohort is None or self.cohort is self.catalogue.cohort
        if self.cohort is not None and not is_told:
            self.catalogue.take(self.cohort)
        if self._file is None:
            self.budget.look(self.directory)
            self._file = self._new_file()
            self._tags_in_file.clear()
            is_told = False
        if not is_told:
            self._write_catalogues(self.catalogue.whole(), Moment(0, None, wall_time_s))

    def _new_file(self) -> RecordFile:
        others = neighbours.look(self.directory)
        if self._sequence == 0:  # an attempt begins after those it resumes, even if the clock errs
            self.attempt.start_time_s = max(self.attempt.start_time_s, others.not_before_s)
            if others.live_process is not None:
                self._say(
                    f"process {others.live_process} writes to the same directory: give each worker "
                    "one of its own, or the attempt that began last hides the other's steps"
                )
        return RecordFile(self.directory, others.not_before_s)

    def _write_news(self, moment: Moment) -> None:
        self._write_catalogues(self.catalogue.news(), moment)
        if self.catalogue.is_full and not self._said_full:
            self._said_full = True
            self._say(
                f"over {schema.MAX_AXES} different axes, or {schema.MAX_AXIS_PLACES} labels on "
                "them: axes that are new from here on are shown as positions, without labels"
            )

    def _write_catalogues(self, catalogues: Sequence[pb.Catalogue], moment: Moment) -> None:
        for catalogue in catalogues:
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
                written = markers.pop(0)
                if self._tags_in_file <= _NO_ENTRIES:
                    self._lone_markers.append(written)
        finally:
            self.losses.put_back(markers)

    def _write_health(self, step: int | None) -> None:
        """Write scalars and alerts of the step before `step`, if that is over."""
        self._waiting_health += self.health.due(step)
        while self._file and self._waiting_health:
            self.written_bytes += self._file.append(self._waiting_health[0])
            written = self._waiting_health.pop(0)
            if self._tags_in_file <= _NO_ENTRIES:
                self._lone_health.append(written)

    def _start_groups(self) -> None:
        for encoder in self._encoders.values():
            encoder.reset()

    def _fail(self, entry: Entry, why: str) -> None:
        self.losses.add(pb.WRITE_FAILED, entry, why)
        self.counts.add("failed")

    def _leave_file(self, *, keep: bool = False) -> None:
        """Never append to the file again; unless to `keep`, remove it if it holds no entry."""
        # Even a mended file is left: a loader may have read into the torn record already, and the
        # catalogue may be what was lost.
        file, self._file = self._file, None
        self._start_groups()
        lone, self._lone_markers = self._lone_markers, []
        lone_health, self._lone_health = self._lone_health, []
        if file is None:
            return
        if self._tags_in_file <= _NO_ENTRIES and not keep and not file.is_unlinked():
            self.losses.put_back(lone)
            self._waiting_health[:0] = lone_health
            file.discard()  # or each retry on a full disk would leave one more
        else:
            with suppress(OSError):
                file.close()

    def _retry_later(self) -> None:
        self._retry_at_s = time.monotonic() + self._retry_s
        self._retry_s = min(2 * self._retry_s, LONGEST_RETRY_S)

    def note_degraded(self, why: str) -> None:
        """Remember why nothing can be written at present, and say so once."""
        known, self.degraded = self.degraded, why
        if known != why:
            self._say(f"attention is not being logged: {why}; training goes on")

    def _recovered(self) -> None:
        degraded, self.degraded = self.degraded, None
        self._retry_at_s = 0.0
        self._retry_s = FIRST_RETRY_S
        if degraded:
            self._say("attention is being logged again")

    def _complain(self, layer: str, text: str) -> None:
        """Say what is wrong with a layer, once a minute: a diverged training has it every step."""
        now_s = time.monotonic()
        if now_s >= self._quiet_until_s.get(layer, 0.0):
            self._quiet_until_s[layer] = now_s + COMPLAIN_EVERY_S
            self._say(text)

    def _say(self, text: str) -> None:
        with suppress(Exception):  # a handler of the user's that raises is no fault of the disk
            logger.warning("%s", text)


def _add_importance(chunks: Sequence[pb.Chunk], entry: AttentionEntry) -> None:
    """Put into `chunks` what is known of each user's importance of heads."""
    if entry.importance is None:
        return
    for chunk, importance in zip(chunks, entry.importance, strict=True):
        if not chunk.rejected_reason and np.isfinite(importance).all():
            chunk.measures.importance.extend(importance.tolist())


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
