"""HR, NDCG and MRR over the full ranking of all items, with their standard errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Metric:
    """A mean over users and its standard error."""

    value: float
    standard_error: float

    def __str__(self) -> str:
        """Return the value with its standard error."""
        return f"{self.value:.4f} ± {self.standard_error:.4f}"


def target_ranks(
    scores: np.ndarray, targets: np.ndarray, histories: Sequence[np.ndarray], *, remove_seen: bool
) -> np.ndarray:
    """Return the rank of each user's target among all items, 1 = best.

    Padding (item 0) is no candidate. Ties count half, so that a constant score is no good score.

    Args:
      scores: float `[user, item]`.
      targets: int `[user]`.
      histories: what each user has seen.
      remove_seen: take seen items out of the candidates (the target itself stays).

    Raises:
      ValueError: a score is NaN; nothing is greater than NaN, so its rank would look perfect.
    """
    scores = np.array(scores, np.float64)
    if np.isnan(scores).any():
        raise ValueError("scores are NaN: the model diverged; try a lower learning rate")
    rows = np.arange(len(targets))
    target_scores = scores[rows, targets]
    scores[:, 0] = -np.inf
    if remove_seen:
        for row, history in enumerate(histories):
            scores[row, history] = -np.inf
    scores[rows, targets] = -np.inf
    better = (scores > target_scores[:, None]).sum(axis=1)
    equal = (scores == target_scores[:, None]).sum(axis=1)
    return 1 + better + equal / 2


def ranking_metrics(ranks: np.ndarray, k: int = 10) -> dict[str, Metric]:
    """Return HR@k, NDCG@k and MRR@k of `ranks` (one relevant item per user)."""
    hit = ranks <= k
    return {
        f"HR@{k}": _mean(hit.astype(np.float64)),
        f"NDCG@{k}": _mean(np.where(hit, 1 / np.log2(ranks + 1), 0.0)),
        f"MRR@{k}": _mean(np.where(hit, 1 / ranks, 0.0)),
    }


def _mean(values: np.ndarray) -> Metric:
    count = max(1, len(values))
    return Metric(float(values.mean()), float(values.std() / np.sqrt(count)))
