"""A run's attention health for TensorBoard's own tabs: curves as scalars, alerts as text.

Both are means over the cohort, written once a step is over, into the same file. They are an extra:
what goes wrong here is said once and loses no frame. It does no I/O; the sink writes what is due.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto import event_pb2

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.analysis.alerts import AlertTracker, Change, Reading
from tensorboard_plugin_attn.logging.alert_text import alert_line, alert_markdown
from tensorboard_plugin_attn.logging.cohort_means import cohort_means, even_bits
from tensorboard_plugin_attn.logging.dashboard_events import scalar_event, text_event
from tensorboard_plugin_attn.logging.frames import LayerDescription

logger = logging.getLogger("tensorboard_plugin_attn")

Floats = NDArray[np.float32]

SCALARS = (
    "entropy_bits",
    "recency",
    "sink_share",
    "effective_span",
    "head_similarity",
    "importance",
)
WATCHED = ("entropy_bits", "sink_share", "head_similarity", "importance")
ALERTS_TAG = schema.attention_tag("alerts")
_EARLY = 4  # at the start the pause between two scalars is a quarter of the steps logged so far


@dataclass(frozen=True)
class HealthOptions:
    """What is written besides attention; see `AttentionWriter`.

    Raises:
      ValueError: `scalars_every` is less than 1.
    """

    scalars: bool = True
    scalars_every: int = 20
    alerts: bool = True

    def __post_init__(self) -> None:
        """Refuse what would never write anything."""
        if self.scalars_every < 1:
            raise ValueError(f"scalars_every={self.scalars_every}: must be 1 or more")


@dataclass
class _OpenStep:
    """The step that is being written: its layers come one after the other."""

    step: int
    wall_time_s: float
    frames: dict[str, tuple[LayerDescription, Sequence[pb.Chunk]]] = field(default_factory=dict)
    changes: list[tuple[LayerDescription, Change]] = field(default_factory=list)


class Health:
    """Collects a step's measures, layer by layer, until the next step begins.

    Args:
      options: what is wanted.
    """

    def __init__(self, options: HealthOptions) -> None:
        self._options = options
        self._open: _OpenStep | None = None
        self._trackers: dict[str, tuple[LayerDescription, AlertTracker]] = {}
        self._logged = 0  # steps
        self._written_at = 0  # which of them had the last scalars
        self._failed = False

    def observe(
        self, layer: LayerDescription, chunks: Sequence[pb.Chunk], step: int, wall_time_s: float
    ) -> None:
        """Take in the frame of one layer. Never raises."""
        if self._failed:
            return
        try:
            self._observe(layer, chunks, step, wall_time_s)
        except Exception:
            self._failed = True
            logger.exception("no scalars and alerts any more; attention is logged as before")

    def due(self, step: int | None) -> list[event_pb2.Event]:
        """Return what is to be written before anything of `step` is: the step before is over then.

        Args:
          step: the step that comes; `None` at the end, when scalars are written in any case.
        """
        over = self._open
        if over is None or step == over.step:
            return []
        self._open = None
        events = []
        if self._options.scalars and self._wants_scalars(over, last=step is None):
            self._written_at = self._logged
            events.append(scalar_event(over.step, over.wall_time_s, _scalars(over)))
        if over.changes and "alerts" not in self._trackers:  # a layer of that name has the tag
            text = alert_markdown(over.changes, self._active())
            events.append(text_event(ALERTS_TAG, over.step, over.wall_time_s, text))
        return events

    def _observe(
        self, layer: LayerDescription, chunks: Sequence[pb.Chunk], step: int, wall_time_s: float
    ) -> None:
        if self._open is None or self._open.step != step:
            self._open = _OpenStep(step, wall_time_s)
            self._logged += 1
        self._open.frames[layer.name] = layer, chunks
        if self._options.alerts:
            changes = self._tracker(layer).observe(_reading(layer, chunks))
            for change in changes:
                if change.began or change.kind != "sudden":  # what moved once does not end
                    self._open.changes.append((layer, change))
                    logger.info("step %d: %s", step, alert_line(layer, change))

    def _tracker(self, layer: LayerDescription) -> AlertTracker:
        known = self._trackers.get(layer.name)
        if known is None or known[0].head_count != layer.head_count:
            known = self._trackers[layer.name] = layer, AlertTracker(layer.head_count)
        return known[1]

    def _wants_scalars(self, over: _OpenStep, *, last: bool) -> bool:
        pause = min(self._options.scalars_every, max(1, self._written_at // _EARLY))
        return last or self._logged >= self._written_at + pause or _has_importance(over)

    def _active(self) -> list[tuple[LayerDescription, int, str]]:
        return [
            (layer, head, kind)
            for layer, tracker in self._trackers.values()
            for head, kind in tracker.active()
        ]


def _has_importance(over: _OpenStep) -> bool:
    return any(chunk.measures.importance for _, chunks in over.frames.values() for chunk in chunks)


def _scalars(over: _OpenStep) -> dict[str, float]:
    """Return the cohort's means by tag: `attention/<layer>/<measure>/head_<h>`."""
    return {
        f"{schema.attention_tag(name)}/{measure}/head_{head}": float(value)
        for name, (_, chunks) in over.frames.items()
        for measure, values in cohort_means(chunks, SCALARS).items()
        for head, value in enumerate(values)
    }


def _reading(layer: LayerDescription, chunks: Sequence[pb.Chunk]) -> Reading:
    means = cohort_means(chunks, WATCHED)
    unknown: Floats = np.full(layer.head_count, np.nan, np.float32)
    return Reading(
        entropy_bits=means["entropy_bits"],
        sink_share=means["sink_share"],
        head_similarity=means.get("head_similarity", unknown),
        importance=means.get("importance", unknown),
        even_bits=even_bits(chunks, causal=layer.causal),
    )
