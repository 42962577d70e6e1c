"""How good the recommendations are: one model beside its baselines, on held-out items.

Always under both rules for seen items, because the rule changes HR@10 by half.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from training.baselines import BASELINES, baseline_scores
from training.lists import ListMeasures, top_items
from training.metrics import Metric, candidate_scores, ranking_metrics, target_ranks
from training.preprocessing.sequences import pad
from training.preprocessing.splitting import Split
from training.segments import segments

_BATCH = 256

Table = dict[str, dict[str, Metric]]  # by model, by metric


def model_scores(
    model: Any,
    histories: Sequence[np.ndarray],
    history_length: int,
    users: Mapping[str, np.ndarray] | None = None,
) -> np.ndarray:
    """Return the model's `[user, item]` scores of every item after `histories`.

    Args:
      model: has `item_scores(inputs)`.
      histories: items per user.
      history_length: how many of the newest the model sees.
      users: further inputs of the same users, `[user, ...]` by name: then inputs are a dict.
    """
    padded = pad(histories, history_length)
    batches = []
    for first in range(0, len(padded), _BATCH):
        rows = slice(first, first + _BATCH)
        inputs: Any = padded[rows]
        if users is not None:
            inputs = {"history": inputs, **{name: each[rows] for name, each in users.items()}}
        batches.append(np.asarray(model.item_scores(inputs)))
    return np.concatenate(batches)


@dataclass(frozen=True)
class Results:
    """Metrics on the test items, by model and baseline, under both rules for seen items.

    Attributes:
      seen_removed: what a user has seen is no candidate.
      seen_kept: it is.
      lists: what the top 10 are like, under the rule that is `natural`.
      by_segment: metrics of users in each segment, likewise.
      natural: the rule of the domain: seen items are removed, or kept where items come again.
    """

    seen_removed: Table
    seen_kept: Table
    lists: Table = field(default_factory=dict)
    by_segment: dict[str, Table] = field(default_factory=dict)
    natural: Literal["removed", "kept"] = "removed"

    def __str__(self) -> str:
        """Return all tables; the rule for seen items is said over each."""
        parts = [
            f"Test items, seen items removed:\n{table(self.seen_removed)}",
            f"Test items, seen items kept:\n{table(self.seen_kept)}",
        ]
        if self.lists:
            parts.append(f"The ten recommended, seen items {self.natural}:\n{table(self.lists)}")
        if self.by_segment:
            segments = table(self.ndcg_by_segment())
            parts.append(f"NDCG@10 by segment, seen items {self.natural}:\n{segments}")
        return "\n".join(parts)

    def ndcg_by_segment(self) -> Table:
        """Return NDCG@10 by segment and model."""
        return {
            segment: {model: metrics["NDCG@10"] for model, metrics in found.items()}
            for segment, found in self.by_segment.items()
        }


def held_out_results(
    model: Any,
    split: Split,
    item_count: int,
    history_length: int,
    *,
    name: str = "SASRec",
    users: Mapping[str, np.ndarray] | None = None,
    repeats: bool = False,
) -> Results:
    """Return metrics of the model and of the baselines on the test items.

    Args:
      model: see `model_scores`.
      split: whose test items.
      item_count: number of items, padding (0) included.
      history_length: how many items the model sees; baselines see all.
      name: what the model is called.
      users: see `model_scores`.
      repeats: see `Evaluation`.
    """
    evaluation = Evaluation(split, item_count, repeats=repeats)
    for baseline in BASELINES:
        scores = baseline_scores(baseline, split.train, split.test_histories, item_count)
        evaluation.add(baseline, scores)
    evaluation.add(name, model_scores(model, split.test_histories, history_length, users))
    return evaluation.results()


class Evaluation:
    """Collects the test metrics of several models on one split, one after the other.

    Args:
      split: whose test items.
      item_count: number of items, padding (0) included.
      repeats: an item may come again, so lists and segments are of rankings with seen items.
    """

    def __init__(self, split: Split, item_count: int, *, repeats: bool = False) -> None:
        self._split, self._histories = split, split.test_histories
        self._segments = segments(split.train, self._histories, split.test, item_count)
        self._lists = ListMeasures(split.train, item_count)
        self._repeats = repeats
        by_segment: dict[str, Table] = {segment: {} for segment in self._segments}
        self._results = Results({}, {}, {}, by_segment, "kept" if repeats else "removed")

    def add(self, name: str, scores: np.ndarray) -> None:
        """Take in a model's `scores [user, item]` after the test histories."""
        targets, histories, found = self._split.test, self._histories, self._results
        kept = target_ranks(scores, targets, histories, remove_seen=False)
        found.seen_kept[name] = ranking_metrics(kept)
        removed = target_ranks(scores, targets, histories, remove_seen=True)
        found.seen_removed[name] = ranking_metrics(removed)
        natural = kept if self._repeats else removed
        for segment, chosen in self._segments.items():
            found.by_segment[segment][name] = ranking_metrics(natural[chosen])
        candidates = candidate_scores(scores, histories, targets, remove_seen=not self._repeats)
        found.lists[name] = self._lists.of(top_items(candidates, 10))

    def results(self) -> Results:
        """Return what was found so far."""
        return self._results


def table(results: Mapping[str, Mapping[str, Metric]]) -> str:
    """Return `results` as lines of text, one a model."""
    names = list(next(iter(results.values())))
    width = max(len(name) for name in results)
    cells = [max(17, len(name)) for name in names]
    lines = [
        " " * width + "".join(f"  {name:>{cell}}" for name, cell in zip(names, cells, strict=True))
    ]
    lines += [
        f"{model:<{width}}"
        + "".join(f"  {metrics[name]!s:>{cell}}" for name, cell in zip(names, cells, strict=True))
        for model, metrics in results.items()
    ]
    return "\n".join(lines)
