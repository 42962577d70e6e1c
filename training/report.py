"""What a run did, and the sentences that say so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tensorboard_plugin_attn import WriterStatus
from training.evaluate import Results
from training.run_directory import Progress


@dataclass(frozen=True)
class Report:
    """What a run did.

    Attributes:
      directory: the run's directory, with `attention`, `train`, `validation`, `checkpoints` in it.
      steps: training steps taken, those before a resume included.
      seconds: time in `fit`.
      results: metrics on the test items by model and baseline, seen items removed and kept, with
        the weights of the best epoch.
      logged: what became of the attention; `None` in a worker that does not log.
      cost: how long the training waited for logging, in words.
      progress: how far it came, and which epoch was best.
    """

    directory: Path
    steps: int
    seconds: float
    results: Results
    logged: WriterStatus | None
    cost: str
    progress: Progress


def describe(report: Report) -> str:
    """Return what a run logged and what it cost, for people."""
    step_ms = 1e3 * report.seconds / max(1, report.steps)
    best = report.progress
    text = (
        f"{report.steps} steps, {report.seconds:.0f} s, {step_ms:.1f} ms a step with everything; "
        f"best epoch {best.best_epoch} of {best.epoch} (validation NDCG@10 {best.best_ndcg:.4f})"
    )
    logged = report.logged
    if logged is None:
        return f"{text}\nattention is logged by the chief, not by this worker"
    lost = logged.dropped + logged.rejected + logged.failed
    return f"{text}\n{logged.written} records written, {lost} lost\n{report.cost}"
