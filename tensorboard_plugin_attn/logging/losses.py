"""Steps that were offered and are not there: kept until they can be written as markers.

Both threads add to it, so its lock is never held while the disk is touched. Steps left out on
purpose are held back until there are many: with every other step thinned, a marker for each would
be half the log.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.logging.entries import AttentionEntry, Entry

HELD_FRAMES = 64  # thinned frames of a layer that wait for one marker, unless the file is closed


@dataclass
class Losses:
    """Markers waiting to be written; losses of one kind are one marker until it is written."""

    _markers: list[pb.Marker] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, reason: pb.MarkerReason, entry: Entry, detail: str) -> None:
        """Remember that `entry` was not written."""
        layer = entry.layer.name if isinstance(entry, AttentionEntry) else ""
        self.add_step(reason, layer, entry.moment.step, detail)

    def add_step(self, reason: pb.MarkerReason, layer: str, step: int, detail: str) -> None:
        """Remember that `step` of `layer` is not there; an empty name: its recommendations."""
        layer, detail = schema.clip_text(layer), schema.clip_text(detail)
        with self._lock:
            for known in reversed(self._markers):
                if (known.reason, known.layer, known.detail) == (reason, layer, detail):
                    known.first_step = min(known.first_step, step)
                    known.last_step = max(known.last_step, step)
                    known.frame_count += 1
                    return
            self._markers.append(
                pb.Marker(
                    reason=reason,
                    layer=layer,
                    first_step=step,
                    last_step=step,
                    frame_count=1,
                    detail=detail,
                )
            )

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to write."""
        with self._lock:
            return not self._markers

    def take(self, *, held: bool = True) -> list[pb.Marker]:
        """Return the markers and forget them; with `held=False` only those that need not wait."""
        with self._lock:
            taken = [marker for marker in self._markers if held or not _is_held(marker)]
            self._markers = [marker for marker in self._markers if not held and _is_held(marker)]
            return taken

    def put_back(self, markers: list[pb.Marker]) -> None:
        """Remember `markers` again, because they could not be written."""
        with self._lock:
            self._markers[:0] = markers


def _is_held(marker: pb.Marker) -> bool:
    return marker.reason == pb.THINNED and marker.frame_count < HELD_FRAMES
