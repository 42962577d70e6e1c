"""Steps that were offered and are not there: kept until they can be written as markers.

Both threads add to it, so its lock is never held while the disk is touched.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.logging.entries import AttentionEntry, Entry


@dataclass
class Losses:
    """Markers waiting to be written; losses of one kind are one marker until it is written."""

    _markers: list[pb.Marker] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, reason: pb.MarkerReason, entry: Entry, detail: str) -> None:
        """Remember that `entry` was not written."""
        layer = schema.clip_text(entry.layer.name) if isinstance(entry, AttentionEntry) else ""
        detail = schema.clip_text(detail)
        with self._lock:
            for known in reversed(self._markers):
                if (known.reason, known.layer, known.detail) == (reason, layer, detail):
                    known.first_step = min(known.first_step, entry.moment.step)
                    known.last_step = max(known.last_step, entry.moment.step)
                    known.frame_count += 1
                    return
            self._markers.append(
                pb.Marker(
                    reason=reason,
                    layer=layer,
                    first_step=entry.moment.step,
                    last_step=entry.moment.step,
                    frame_count=1,
                    detail=detail,
                )
            )

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to write."""
        with self._lock:
            return not self._markers

    def take(self) -> list[pb.Marker]:
        """Return the markers and forget them."""
        with self._lock:
            taken, self._markers = self._markers, []
            return taken

    def put_back(self, markers: list[pb.Marker]) -> None:
        """Remember `markers` again, because they could not be written."""
        with self._lock:
            self._markers[:0] = markers
