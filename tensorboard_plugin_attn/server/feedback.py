"""Whether feedback is taken here, and where it goes; opened when it is first needed.

Off unless the operator says otherwise, because whoever can reach the port can write. A database
that cannot be used turns feedback off with the reason, and nothing else.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tensorboard_plugin_attn.server.errors import RouteError

if TYPE_CHECKING:
    from tensorboard_plugin_attn.feedback.store import FeedbackStore


@dataclass
class Feedback:
    """Feedback as one server takes it.

    Args:
      enabled: whether the operator wants any.
    """

    enabled: bool = False
    _store: FeedbackStore | None = None
    _opening: threading.Lock = field(default_factory=threading.Lock)

    def store(self) -> FeedbackStore:
        """Return the store.

        Raises:
          RouteError: none is taken, or the database's address is wrong.
        """
        if not self.enabled:
            raise disabled()
        with self._opening:
            if self._store is None:
                self._store = _open()
            return self._store


def disabled() -> RouteError:
    """Return why no feedback is taken where the operator did not ask for any."""
    return RouteError(
        403,
        "feedback_disabled",
        "Feedback is not taken here.",
        "Start TensorBoard with --attn_feedback to collect it.",
    )


def _open() -> FeedbackStore:
    # Imported here: TensorBoard starts without SQLAlchemy unless feedback is used.
    from tensorboard_plugin_attn.feedback.location import LocationError, database_url
    from tensorboard_plugin_attn.feedback.store import FeedbackStore

    try:
        return FeedbackStore(database_url())
    except LocationError as error:
        raise RouteError(
            503, "feedback_unavailable", "The feedback database is not set up right.", str(error)
        ) from error
