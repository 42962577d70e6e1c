"""`max_overhead` kept: measures what logging costs, and says which steps it can afford.

Steps are left out evenly, not in bursts: the stride follows from the mean cost and the mean time
between steps. It never makes a step wait, and it decides nothing but "now or not now".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tensorboard_plugin_attn.logging.cost import Cost


@dataclass
class Overhead:
    """Times logging against the training around it.

    Args:
      limit: what logging may cost, as a share of the training's own time; `None`: no limit.
      clock: seconds, growing.

    The first logged step is not held against the limit: most of it is compilation, paid once. The
    second is always affordable, because nothing is known of the cost before.
    """

    limit: float | None
    clock: Callable[[], float]
    _began_s: float | None = None
    _logging_s: float = 0.0
    _tracing_s: float = 0.0
    _logged: int = 0
    _thinned: int = 0
    _asked: int = 0
    _since_logged: int = 0

    def __post_init__(self) -> None:
        """Refuse a limit that is none.

        Raises:
          ValueError: the limit is not more than 0.
        """
        if self.limit is not None and not self.limit > 0:
            raise ValueError(
                f"max_overhead={self.limit}: give a share of the training's time such as 0.05, "
                "or None for no limit"
            )

    def begin(self) -> None:
        """Start counting the training's time."""
        self._began_s = self.clock()

    def affords(self) -> bool:
        """Tell whether a step that is due can be logged; one that cannot is counted as thinned."""
        self._since_logged += 1
        self._asked += 1
        if self.limit is None or self._logged < 2 or self._is_affordable(self.limit):
            return True
        self._thinned += 1
        return False

    def _is_affordable(self, limit: float) -> bool:
        counted_s = self._logging_s - self._tracing_s
        mean_s = counted_s / (self._logged - 1)
        allowed_s = limit * (self._training_s() - self._logging_s)
        if counted_s + mean_s > allowed_s:
            return False
        return self._since_logged * allowed_s >= mean_s * self._asked  # the stride is kept

    def _training_s(self) -> float:
        return 0.0 if self._began_s is None else self.clock() - self._began_s

    def take_back(self) -> None:
        """Count the step refused last as not thinned: it is the last, and logged all the same."""
        self._thinned -= 1

    def logged(self, logging_s: float) -> None:
        """Count a logged step that took `logging_s`."""
        if self._logged == 0:
            self._tracing_s = logging_s
        self._logging_s += logging_s
        self._logged += 1
        self._since_logged = 0

    def cost(self, current_s: float | None = None) -> Cost:
        """Return what was measured; `current_s`: what the step being logged took so far, if any."""
        now_s = current_s or 0.0
        return Cost(
            training_s=self._training_s(),
            logging_s=self._logging_s + now_s,
            logged_steps=self._logged + (current_s is not None),
            thinned_steps=self._thinned,
            tracing_s=self._tracing_s if self._logged else now_s,
        )
