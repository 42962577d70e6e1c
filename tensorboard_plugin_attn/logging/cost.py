"""What logging cost a training: measured where the training waits, written into every frame."""

from __future__ import annotations

from dataclasses import dataclass

from tensorboard_plugin_attn import attn_pb2 as pb


@dataclass(frozen=True)
class Cost:
    """What logging cost since the training began, in wall time.

    Attributes:
      training_s: the training so far, logging included.
      logging_s: of it, time the training waited for capture and copy.
      logged_steps: steps whose attention was logged.
      thinned_steps: steps of the schedule left out to keep `max_overhead`.
      tracing_s: the first logged step's part of `logging_s`: most of it is compiling the model's
        forward pass, paid once.
    """

    training_s: float = 0.0
    logging_s: float = 0.0
    logged_steps: int = 0
    thinned_steps: int = 0
    tracing_s: float = 0.0

    @property
    def overhead(self) -> float:
        """Return how much longer the training takes: 0.05 is 5%; without `tracing_s`."""
        training_s = self.training_s - self.logging_s
        return (self.logging_s - self.tracing_s) / training_s if training_s > 0 else 0.0

    @property
    def step_s(self) -> float:
        """Return the mean wait of a logged step; of the first only if there is no other."""
        if self.logged_steps > 1:
            return (self.logging_s - self.tracing_s) / (self.logged_steps - 1)
        return self.logging_s

    def describe(self, written_bytes: int) -> str:
        """Return it in a line for the console; `written_bytes` is the size of the log."""
        steps = self.logged_steps + self.thinned_steps
        return (
            f"attention: logged {self.logged_steps} of {steps} steps, cost "
            f"{1e3 * self.step_s:.1f} ms a step = {100 * self.overhead:.1f}% of training "
            f"(and {self.tracing_s:.1f} s once to trace the model), {written_bytes / 1e6:.1f} MB"
        )

    def message(self) -> pb.Cost:
        """Return what a frame's header holds."""
        return pb.Cost(
            training_s=self.training_s,
            logging_s=self.logging_s,
            logged_steps=self.logged_steps,
            thinned_steps=self.thinned_steps,
        )
