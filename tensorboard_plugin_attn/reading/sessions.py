"""One run as a person sees it: attempts told apart, each step once, gaps with their reason.

TensorBoard's two loaders treat a restarted training in opposite ways (one keeps the old steps,
one the new), so the writer numbers its attempts and this decides: the newest attempt wins, and
what an older one wrote at or beyond the newer one's first step is not shown.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.reading.store import StoredEvent

MAX_PROBLEM_FRAMES = 100


@dataclass(frozen=True, slots=True)
class FrameInfo:
    """One event of a stream: when it was logged, by which attempt, and where it is."""

    step: int
    epoch: float | None
    wall_time_s: float
    attempt: str
    sequence: int
    location: Hashable
    has_importance: bool = False  # of heads, for any user: only some frames have it


@dataclass(frozen=True)
class AttemptInfo:
    """One life of a writer."""

    id: str
    start_time_s: float


@dataclass(frozen=True)
class Gap:
    """Steps that were offered to the writer and are not there."""

    first_step: int
    last_step: int
    frame_count: int
    reason: str
    detail: str
    layer: str


@dataclass
class Stream:
    """The events of one tag, in attempts; `timeline` is what is shown of them."""

    metadata: pb.StreamMetadata
    _frames: dict[str, dict[int, FrameInfo]] = field(default_factory=dict)  # attempt -> step
    _by_sequence: dict[tuple[str, int], FrameInfo] = field(default_factory=dict)
    _timeline: list[FrameInfo] | None = None
    _steps: list[int] = field(default_factory=list)

    def add(self, frame: FrameInfo) -> None:
        """Add an event; a step logged twice by one attempt keeps the later."""
        steps = self._frames.setdefault(frame.attempt, {})
        known = steps.get(frame.step)
        self._by_sequence[frame.attempt, frame.sequence] = frame
        if known is None or known.sequence < frame.sequence:
            steps[frame.step] = frame
            self._timeline = None

    def timeline(self, attempts: Iterable[AttemptInfo]) -> list[FrameInfo]:
        """Return the shown events, ascending by step; `attempts` in order of their start."""
        if self._timeline is None:
            shown: list[FrameInfo] = []
            for attempt in attempts:
                steps = self._frames.get(attempt.id)
                if not steps:
                    continue
                new = [steps[step] for step in sorted(steps)]
                del shown[bisect_left(shown, new[0].step, key=lambda frame: frame.step) :]
                shown.extend(new)
            self._timeline = shown
            self._steps = [frame.step for frame in shown]
        return self._timeline

    def at(self, attempts: Iterable[AttemptInfo], step: int) -> FrameInfo | None:
        """Return the shown event of exactly `step`."""
        frame = self.at_or_before(attempts, step)
        return frame if frame and frame.step == step else None

    def at_or_before(self, attempts: Iterable[AttemptInfo], step: int) -> FrameInfo | None:
        """Return the newest shown event that is not later than `step`."""
        timeline = self.timeline(attempts)
        place = bisect_right(self._steps, step)
        return timeline[place - 1] if place else None

    def between(self, attempts: Iterable[AttemptInfo], first: int, last: int) -> list[FrameInfo]:
        """Return the shown events with `first <= step <= last`."""
        timeline = self.timeline(attempts)
        return timeline[bisect_left(self._steps, first) : bisect_right(self._steps, last)]

    def by_sequence(self, attempt: str, sequence: int) -> FrameInfo | None:
        """Return the event a difference frame refers to."""
        return self._by_sequence.get((attempt, sequence))


@dataclass
class Run:
    """Everything this plugin knows of one run."""

    name: str
    attempts: list[AttemptInfo] = field(default_factory=list)
    layers: dict[str, Stream] = field(default_factory=dict)
    recommendations: Stream | None = None
    models: Stream | None = None
    catalogues: list[FrameInfo] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    markers: list[FrameInfo] = field(default_factory=list)
    newer_format: int = 0
    unreadable: list[tuple[int, str, str]] = field(default_factory=list)  # step, why, tag
    last_wall_time_s: float = 0.0
    _costs: dict[str, tuple[int, pb.Cost]] = field(default_factory=dict)  # attempt -> sequence
    _metadata: dict[str, pb.StreamMetadata] = field(default_factory=dict)

    @property
    def has_data(self) -> bool:
        """Tell whether anything of this run can be shown or complained about."""
        return bool(self.attempts or self.newer_format or self.unreadable)

    @property
    def cost(self) -> pb.Cost | None:
        """Return what logging cost the newest attempt that measured it, as last written."""
        costs = [self._costs[known.id] for known in self.attempts if known.id in self._costs]
        return costs[-1][1] if costs else None

    def add(self, event: StoredEvent) -> None:
        """Take in one event; what cannot be understood is remembered, never raised."""
        metadata = self._note_metadata(event)
        if metadata is None:
            return
        try:
            header = codec.open_header(event.header)
        except codec.CorruptChunkError as error:
            self._note_unreadable(event.step, str(error), event.tag)
            return
        if header.format_version > schema.FORMAT_VERSION:
            self.newer_format = max(self.newer_format, header.format_version)
            return
        if not (math.isfinite(header.wall_time_s) and math.isfinite(header.attempt.start_time_s)):
            self._note_unreadable(event.step, "its wall time is not a number", event.tag)
            return
        self._note_attempt(header.attempt)
        self._note_cost(header)
        has_epoch = header.has_epoch and math.isfinite(header.epoch)
        frame = FrameInfo(
            step=header.step,
            epoch=header.epoch if has_epoch else None,
            wall_time_s=header.wall_time_s,
            attempt=header.attempt.id,
            sequence=header.sequence,
            location=event.location,
            has_importance=any(len(chunk.measures.importance) for chunk in header.chunks),
        )
        self._add_frame(event.tag, metadata, frame)

    def _add_frame(self, tag: str, metadata: pb.StreamMetadata, frame: FrameInfo) -> None:
        if metadata.content == pb.ATTENTION:
            self.last_wall_time_s = max(self.last_wall_time_s, frame.wall_time_s)
            stream = self.layers.setdefault(metadata.layer, Stream(metadata))
            stream.add(frame)
        elif metadata.content == pb.RECOMMENDATIONS:
            self.recommendations = self.recommendations or Stream(metadata)
            self.recommendations.add(frame)
        elif metadata.content == pb.PORTABLE_MODEL:
            self.models = self.models or Stream(metadata)
            self.models.add(frame)
        elif metadata.content == pb.CATALOGUE:
            self.catalogues.append(frame)
        elif metadata.content == pb.MARKERS:
            self.markers.append(frame)

    def add_marker(self, blob: bytes) -> None:
        """Take in the blob of a marker event."""
        try:
            marker = pb.Marker.FromString(blob)
        except DecodeError:
            self._note_unreadable(0, "a marker is not a message")
            return
        self.gaps.append(
            Gap(
                first_step=marker.first_step,
                last_step=marker.last_step,
                frame_count=marker.frame_count,
                reason=schema.REASON_NAMES.get(marker.reason, "not_logged"),
                detail=marker.detail,
                layer=marker.layer,
            )
        )

    def gap_at(self, layer: str, step: int) -> Gap | None:
        """Return why `step` of `layer` is not there, if the writer said so.

        Args:
          layer: a layer's name; empty for recommendations.
        """
        for gap in self.gaps:
            if gap.layer == layer and gap.first_step <= step <= gap.last_step:
                return gap
        return None

    def corrupt_at(self, tag: str, step: int) -> str | None:
        """Return what is wrong with the event of `tag` at `step`, if there is one and it is."""
        return next((why for at, why, of in self.unreadable if (at, of) == (step, tag)), None)

    def _note_metadata(self, event: StoredEvent) -> pb.StreamMetadata | None:
        if event.plugin_content:
            try:
                metadata = pb.StreamMetadata.FromString(event.plugin_content)
            except DecodeError:
                self._note_unreadable(event.step, "the stream's description is not a message")
                return self._metadata.get(event.tag)
            if metadata.format_version > schema.FORMAT_VERSION:
                self.newer_format = max(self.newer_format, metadata.format_version)
                return None
            self._metadata[event.tag] = metadata
        if event.tag not in self._metadata:
            self._note_unreadable(event.step, "the stream has no description")
        return self._metadata.get(event.tag)

    def _note_attempt(self, attempt: pb.Attempt) -> None:
        if any(known.id == attempt.id for known in self.attempts):
            return
        self.attempts.append(AttemptInfo(attempt.id, attempt.start_time_s))
        self.attempts.sort(key=lambda known: (known.start_time_s, known.id))
        for stream in self.layers.values():
            stream._timeline = None

    def _note_cost(self, header: pb.FrameHeader) -> None:
        cost, known = header.cost, self._costs.get(header.attempt.id)
        is_newer = known is None or known[0] < header.sequence
        finite = math.isfinite(cost.training_s) and math.isfinite(cost.logging_s)
        if header.HasField("cost") and is_newer and finite:
            self._costs[header.attempt.id] = (header.sequence, cost)

    def _note_unreadable(self, step: int, why: str, tag: str = "") -> None:
        if len(self.unreadable) < MAX_PROBLEM_FRAMES:
            self.unreadable.append((step, why, tag))
