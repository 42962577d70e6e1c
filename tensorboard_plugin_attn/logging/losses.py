"""Steps that were offered and are not there: kept until they can be written as markers.

Both threads add to it, so its lock is never held while the disk is touched. It never grows beyond
`MAX_MARKERS`, however long the disk is away: then details are merged, never numbers. Steps left out
on purpose are held back until there are many: with every other step thinned, a marker for each
would be half the log.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.logging.entries import AttentionEntry, Entry, ModelEntry

HELD_FRAMES = 64  # thinned frames of a layer that wait for one marker, unless the file is closed
MAX_MARKERS = 1000
_OTHER_DETAILS = "several reasons, too many to keep apart"


@dataclass
class Losses:
    """Markers waiting to be written; losses of one kind are one marker until it is written.

    The lock is reentrant: a signal handler may log while its thread is adding. It runs between the
    calls of that thread, so nothing is read and written back with a call between.
    """

    _markers: dict[tuple[int, str, str], pb.Marker] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def add(self, reason: pb.MarkerReason, entry: Entry, detail: str) -> None:
        """Remember that `entry` was not written."""
        self.add_step(reason, _stream_of(entry), entry.moment.step, detail)

    def add_step(self, reason: pb.MarkerReason, layer: str, step: int, detail: str) -> None:
        """Remember that `step` of `layer` is not there.

        Args:
          layer: its name; empty for recommendations, `schema.MODEL_TAG` for portable models.
        """
        marker = pb.Marker(
            reason=reason,
            layer=schema.clip_text(layer),
            first_step=step,
            last_step=step,
            frame_count=1,
            detail=schema.clip_text(detail),
        )
        with self._lock:
            self._merge(marker)

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to write."""
        with self._lock:
            return not self._markers

    def take(self, *, held: bool = True) -> list[pb.Marker]:
        """Return the markers and forget them; with `held=False` only those that need not wait."""
        with self._lock:
            known, self._markers = self._markers, {}
            taken = []
            for kind, marker in known.items():
                if held or not _is_held(marker):
                    taken.append(marker)
                else:
                    self._markers[kind] = marker
            return taken

    def put_back(self, markers: Iterable[pb.Marker]) -> None:
        """Remember `markers` again, because they could not be written."""
        with self._lock:
            newer, self._markers = self._markers, {}
            for marker in (*markers, *newer.values()):
                self._merge(marker)

    def _merge(self, marker: pb.Marker) -> None:
        kind = _kind(marker)
        if kind not in self._markers and len(self._markers) >= MAX_MARKERS:
            marker.detail = _OTHER_DETAILS
            kind = _kind(marker)
            if kind not in self._markers and len(self._markers) >= 2 * MAX_MARKERS:
                marker.layer = ""  # layers without end, as of a name made anew at each step
                kind = _kind(marker)
        known = self._markers.setdefault(kind, marker)
        if known is marker:
            return
        known.frame_count += marker.frame_count
        if known.first_step > marker.first_step:
            known.first_step = marker.first_step
        if known.last_step < marker.last_step:
            known.last_step = marker.last_step


def _stream_of(entry: Entry) -> str:
    """Return what markers call the stream of `entry`: a layer, nothing, or that of models."""
    if isinstance(entry, AttentionEntry):
        return entry.layer.name
    return schema.MODEL_TAG if isinstance(entry, ModelEntry) else ""


def _is_held(marker: pb.Marker) -> bool:
    return marker.reason == pb.THINNED and marker.frame_count < HELD_FRAMES


def _kind(marker: pb.Marker) -> tuple[int, str, str]:
    return marker.reason, marker.layer, marker.detail
