"""What is known of a writer that is not ours: its attempt, its numbers, what it was told already.

It makes headers and blobs of frames and catalogues. It writes nothing.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.capture.cohort import Cohort
from tensorboard_plugin_attn.logging import events
from tensorboard_plugin_attn.logging.arguments import Prepared
from tensorboard_plugin_attn.logging.frames import FrameEncoder
from tensorboard_plugin_attn.privacy import Privacy

logger = logging.getLogger("tensorboard_plugin_attn")

Told = list[tuple[pb.FrameHeader, bytes]]  # header and blob of catalogue events


@dataclass
class Book:
    """One attempt, written through somebody else's writer. Any thread may call."""

    attempt: pb.Attempt = field(
        default_factory=lambda: pb.Attempt(id=uuid.uuid4().hex, start_time_s=time.time())
    )
    _labels: events.CatalogueBuilder = field(
        default_factory=lambda: events.CatalogueBuilder(Cohort(), Privacy())
    )
    _encoders: dict[tuple[str, int], FrameEncoder] = field(default_factory=dict)
    _sequence: int = 0
    _users_are_new: bool = False
    _warned: set[str] = field(default_factory=set)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def cohort(self) -> Cohort:
        """Return who is followed; nobody until it is known."""
        return self._labels.cohort

    def follow(self, cohort: Cohort) -> None:
        """Describe these users with the next `news`."""
        with self._lock:
            self._labels.take(cohort)
            self._users_are_new = True

    def catalogue(self, cohort: Cohort, privacy: Privacy) -> Told:
        """Return events that describe `cohort`, all its items, and every axis so far."""
        with self._lock:
            self._labels.take(cohort, privacy)
            self._users_are_new = False
            for item in cohort.items:
                self._labels.index(item)
            return self._events(self._labels.whole(), 0)

    def frame(
        self, made: Prepared, step: int, encoding: pb.Encoding, *, alone: bool
    ) -> tuple[pb.FrameHeader, list[bytes]]:
        """Return a frame: header and one blob per user.

        Args:
          made: what to encode.
          step: the training step.
          encoding: how cells become bytes.
          alone: no difference to an earlier frame, because that may never be written.
        """
        with self._lock:
            header = self._header(step)
            lengths = [len(user.history) for user in self.cohort.users] or [0] * len(made.users)
            encoder = FrameEncoder(made.layer, encoding)
            if not alone:
                encoder = self._encoders.setdefault((made.layer.name, encoding), encoder)
            chunks, blobs = encoder.encode(made.users, header.sequence, lengths)
            events.name_axes(chunks, made.queries, made.keys, self._labels)
            if self._labels.is_full:
                self.warn_once("too many different axes: new ones are shown without labels")
        header.head_count = made.layer.head_count
        header.chunks.extend(chunks)
        return header, blobs

    def refused(self, step: int, why: str, count: int) -> tuple[pb.FrameHeader, list[bytes]]:
        """Return a frame in which all of `count` users are rejected."""
        with self._lock:
            header = self._header(step)
        reason = schema.clip_text(why)
        header.chunks.extend(pb.Chunk(rejected_reason=reason) for _ in range(count))
        return header, [b""] * count

    def news(self, step: int) -> Told:
        """Return an event with what is new since the last one, if anything is."""
        with self._lock:
            users, self._users_are_new = self._users_are_new, False
            parts = self._labels.whole() if users else self._labels.news()
            whole = pb.Catalogue()
            for part in parts:
                whole.MergeFrom(part)
            return self._events([whole] if parts else [], step)

    def labels_of(self, made: Prepared, step: int) -> Told:
        """Return an event with the labels of a frame's axes, and new users, told before or not."""
        with self._lock:
            told = pb.Catalogue()
            if self._users_are_new:
                told.MergeFrom(self._labels.whole()[0])
            axes = dict.fromkeys(names for names in (*made.queries, *made.keys) if names)
            told.MergeFrom(self._labels.some(axes))
            return self._events([told] if told.ByteSize() else [], step)

    def warn_once(self, text: str) -> None:
        """Say something in the training's log, once."""
        if text not in self._warned:
            self._warned.add(text)
            logger.warning("%s", text)

    def _events(self, catalogues: Iterable[pb.Catalogue], step: int) -> Told:
        return [(self._header(step), part.SerializeToString()) for part in catalogues]

    def _header(self, step: int) -> pb.FrameHeader:
        self._sequence += 1
        return pb.FrameHeader(
            format_version=schema.FORMAT_VERSION,
            attempt=self.attempt,
            sequence=self._sequence,
            step=step,
            wall_time_s=time.time(),
        )
