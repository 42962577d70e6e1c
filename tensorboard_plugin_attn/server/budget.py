"""How much one request may compute: frames, CPU and time, checked between frames.

A browser that gave up cannot be noticed here (werkzeug's server does not tell), so work is
bounded instead: no request costs more than this, whoever still waits for it.
"""

from __future__ import annotations

import time

from tensorboard_plugin_attn.server.errors import RouteError

MAX_FRAMES = 200  # of one user, layer and step
MAX_CPU_S = 2.0
MAX_WALL_S = 10.0


class Budget:
    """Ends a computation that takes too long, with a 503."""

    def __init__(self, cpu_s: float = MAX_CPU_S, wall_s: float = MAX_WALL_S) -> None:
        self._cpu_end_s = time.thread_time() + cpu_s
        self._wall_end_s = time.monotonic() + wall_s

    def check(self) -> None:
        """Go on or not.

        Raises:
          RouteError: `timeout` (503).
        """
        if time.thread_time() > self._cpu_end_s or time.monotonic() > self._wall_end_s:
            raise RouteError(
                503,
                "timeout",
                "This takes too long to compute.",
                "Ask for fewer steps or users.",
                {"Retry-After": "10"},
            )


def spread(count: int, most: int) -> list[int]:
    """Return at most `most` of the numbers below `count`, evenly spread, both ends among them."""
    if count <= most:
        return list(range(count))
    return [round(place * (count - 1) / max(1, most - 1)) for place in range(most)]
