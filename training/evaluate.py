"""How good the recommendations are: one model beside its baselines, on held-out items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from training.baselines import markov_scores, popularity_scores
from training.metrics import Metric, ranking_metrics, target_ranks
from training.preprocessing.sequences import pad
from training.preprocessing.splitting import Split

_BATCH = 512


def model_scores(model: Any, histories: list[np.ndarray], history_length: int) -> np.ndarray:
    """Return the model's `[user, item]` scores of every item after `histories`."""
    inputs = pad(histories, history_length)
    batches = [
        np.asarray(model.item_scores(inputs[start : start + _BATCH]))
        for start in range(0, len(inputs), _BATCH)
    ]
    return np.concatenate(batches)


@dataclass(frozen=True)
class Results:
    """Metrics on the test items, by model and baseline, under both rules for seen items."""

    seen_removed: dict[str, dict[str, Metric]]
    seen_kept: dict[str, dict[str, Metric]]

    def __str__(self) -> str:
        """Return both tables; the rule is always said, because it changes HR@10 by half."""
        return (
            f"Test items, seen items removed:\n{table(self.seen_removed)}\n"
            f"Test items, seen items kept:\n{table(self.seen_kept)}"
        )


def held_out_results(model: Any, split: Split, item_count: int, history_length: int) -> Results:
    """Return metrics of the model and of the baselines on the test items."""
    histories = split.test_histories
    scores = {
        "popularity": popularity_scores(split.train, item_count, len(histories)),
        "Markov, window 20": markov_scores(split.train, histories, item_count),
        "SASRec": model_scores(model, histories, history_length),
    }
    removed, kept = (
        {
            name: ranking_metrics(target_ranks(found, split.test, histories, remove_seen=rule))
            for name, found in scores.items()
        }
        for rule in (True, False)
    )
    return Results(removed, kept)


def table(results: dict[str, dict[str, Metric]]) -> str:
    """Return `results` as lines of text, one a model."""
    names = list(next(iter(results.values())))
    width = max(len(name) for name in results)
    lines = [" " * width + "".join(f"  {name:>17}" for name in names)]
    lines += [
        f"{model:<{width}}" + "".join(f"  {metrics[name]!s:>17}" for name in names)
        for model, metrics in results.items()
    ]
    return "\n".join(lines)
