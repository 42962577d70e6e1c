"""The guard: what was learned from feedback must not cost quality on held-out data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from training.evaluate import model_scores
from training.metrics import Metric, ranking_metrics, target_ranks
from training.task import Task

METRIC = "NDCG@10"


@dataclass(frozen=True)
class Guard:
    """The parent's and the child's quality on the validation items.

    Attributes:
      parent: the parent's NDCG@10.
      child: the child's.
    """

    parent: Metric
    child: Metric

    @property
    def lowest(self) -> float:
        """Return the lowest value that passes: the parent's less one standard error."""
        return self.parent.value - (self.parent.standard_error or 0.0)

    @property
    def passed(self) -> bool:
        """Tell whether quality is kept."""
        return self.child.value >= self.lowest

    def __str__(self) -> str:
        """Return it as a sentence."""
        verdict = "kept" if self.passed else "LOST: this run is marked rejected"
        return (
            f"validation {METRIC}: {self.parent} before, {self.child} after, at least "
            f"{self.lowest:.4f} wanted: {verdict}"
        )

    def as_json(self) -> dict[str, Any]:
        """Return it for a report."""
        return {"metric": METRIC, "passed": self.passed, "lowest": self.lowest, **asdict(self)}


def quality(model: Any, task: Task, history_length: int) -> Metric:
    """Return NDCG@10 on the validation items, by the domain's rule for seen ones."""
    histories = task.split.validation_histories
    scores = model_scores(model, histories, history_length, task.users("validation"))
    ranks = target_ranks(
        scores, task.split.validation, histories, remove_seen=not task.domain.repeats
    )
    return ranking_metrics(ranks)[METRIC]
