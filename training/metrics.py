"""HR, Recall, NDCG and MRR over the full ranking of all items, with their standard errors.

No sampled negatives: a ranking among a hundred items says little about one among thousands
(Krichene & Rendle, KDD 2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Metric:
    """A mean over users and its standard error; `None` where there is none."""

    value: float
    standard_error: float | None

    def __str__(self) -> str:
        """Return the value with its standard error."""
        if self.standard_error is None:
            return f"{self.value:.4f}"
        return f"{self.value:.4f} ± {self.standard_error:.4f}"


def candidate_scores(
    scores: np.ndarray, histories: Sequence[np.ndarray], targets: np.ndarray, *, remove_seen: bool
) -> np.ndarray:
    """Return a copy of `scores [user, item]`, -inf for what is no candidate.

    Padding (item 0) never is. With `remove_seen` what a user has seen is not, the target excepted.

    Raises:
      ValueError: a score is NaN; nothing is greater than NaN, so its rank would look perfect.
    """
    scores = np.array(scores, np.float64)
    if np.isnan(scores).any():
        raise ValueError("scores are NaN: the model diverged; try a lower learning rate")
    rows = np.arange(len(targets))
    kept = scores[rows, targets]
    scores[:, 0] = -np.inf
    if remove_seen:
        for row, history in enumerate(histories):
            scores[row, history] = -np.inf
    scores[rows, targets] = kept
    return scores


def target_ranks(
    scores: np.ndarray, targets: np.ndarray, histories: Sequence[np.ndarray], *, remove_seen: bool
) -> np.ndarray:
    """Return the rank of each user's target among all items, 1 = best, int `[user]`.

    Equal scores are ordered by column, as in the recommendations that are logged.

    Args:
      scores: float `[user, item]`.
      targets: int `[user]`.
      histories: what each user has seen.
      remove_seen: take seen items out of the candidates (the target itself stays).

    Raises:
      ValueError: a score is NaN.
    """
    scores = candidate_scores(scores, histories, targets, remove_seen=remove_seen)
    own = scores[np.arange(len(targets)), targets][:, None]
    before = np.arange(scores.shape[1])[None] < np.asarray(targets)[:, None]
    return 1 + (scores > own).sum(axis=1) + ((scores == own) & before).sum(axis=1)


def ranking_metrics(ranks: np.ndarray, k: int = 10) -> dict[str, Metric]:
    """Return HR@k, Recall@k, NDCG@k and MRR@k of `ranks`, one relevant item per user.

    With one relevant item Recall@k is HR@k; both are given because both are asked for.
    """
    hit = ranks <= k
    return {
        f"HR@{k}": mean(hit.astype(np.float64)),
        f"Recall@{k}": mean(hit.astype(np.float64)),
        f"NDCG@{k}": mean(np.where(hit, 1 / np.log2(ranks + 1), 0.0)),
        f"MRR@{k}": mean(np.where(hit, 1 / ranks, 0.0)),
    }


def mean(values: np.ndarray) -> Metric:
    """Return the mean of `values [user]` and its standard error."""
    if not len(values):
        return Metric(float("nan"), None)
    return Metric(float(values.mean()), float(values.std() / np.sqrt(len(values))))
