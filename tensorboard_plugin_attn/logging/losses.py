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
    """Markers waiting to be written; neighbouring losses of one kind are one marker."""

    _markers: list[pb.Marker] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, reason: pb.MarkerReason, entry: Entry, detail: str) -> None:
        """Remember that `entry` was not written."""
        layer = schema.clip_text(entry.layer.name) if isinstance(entry, AttentionEntry) else ""
        detail = schema.clip_text(detail)
        with self._lock:
            last = self._markers[-1] if self._markers else None
            if last and (last.reason, last.layer, last.detail) == (reason, layer, detail):
                last.first_step = min(last.first_step, entry.moment.step)
                last.last_step = max(last.last_step, entry.moment.step)
                last.frame_count += 1
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
