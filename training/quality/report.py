"""What was reached over several seeds: one table, one sentence about baselines, one JSON file."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from training.evaluate import Results
from training.metrics import Metric

METRICS = ("HR@10", "NDCG@10", "MRR@10")
_CLEAR = 2.0  # standard errors


@dataclass(frozen=True)
class Quality:
    """Test metrics of one model on one data set, over seeds.

    Attributes:
      data: its name.
      model: its name.
      bars: the least value by metric, seen items removed.
      runs: results by seed.
      epochs: the best epoch of each.
      seconds: training time of each.
      users: test users.
      commit: the code that was measured.
    """

    data: str
    model: str
    bars: Mapping[str, float]
    runs: Sequence[Results]
    epochs: Sequence[int]
    seconds: Sequence[float]
    users: int
    commit: str

    def values(self, metric: str, *, removed: bool = True) -> np.ndarray:
        """Return the model's metric by seed."""
        return np.array([self._of(run, removed)[self.model][metric].value for run in self.runs])

    def mean(self, metric: str, *, removed: bool = True) -> Metric:
        """Return the mean over seeds and its standard error (`None` for one seed)."""
        values = self.values(metric, removed=removed)
        several = len(values) > 1
        error = float(values.std(ddof=1) / np.sqrt(len(values))) if several else None
        return Metric(float(values.mean()), error)

    def baselines(self, *, removed: bool = True) -> dict[str, dict[str, Metric]]:
        """Return the baselines' metrics; seeds do not change them."""
        found = self._of(self.runs[0], removed)
        return {name: metrics for name, metrics in found.items() if name != self.model}

    def meets_bars(self) -> bool:
        """Tell whether the mean reaches every bar."""
        return all(self.mean(metric).value >= bar for metric, bar in self.bars.items())

    def verdict(self) -> str:
        """Return, in a sentence, whether the best baseline is better, by NDCG@10."""
        best = max(self.baselines().items(), key=lambda entry: entry[1]["NDCG@10"].value)
        name, theirs = best[0], best[1]["NDCG@10"]
        ours = self.mean("NDCG@10")
        error = theirs.standard_error or 0.0
        gap = ours.value - theirs.value
        how = "clearly " if abs(gap) > _CLEAR * error else ""
        rest = "" if how else f", within {_CLEAR:g} standard errors over {self.users} users"
        if gap < 0:
            return (
                f"On {self.data} {name} is {how}better than {self.model}: NDCG@10 "
                f"{theirs.value:.4f} to {ours.value:.4f}{rest}."
            )
        return (
            f"On {self.data} {self.model} is {how}better than the best baseline, {name}: NDCG@10 "
            f"{ours.value:.4f} to {theirs.value:.4f}{rest}."
        )

    def as_json(self) -> dict[str, Any]:
        """Return everything."""
        return {
            "model": self.model,
            "commit": self.commit,
            "test_users": self.users,
            "seeds": len(self.runs),
            "best_epochs": list(self.epochs),
            "training_s": [round(value, 1) for value in self.seconds],
            "bars_seen_removed": {
                metric: {"at_least": bar, "met": self.mean(metric).value >= bar}
                for metric, bar in self.bars.items()
            },
            "seen_removed": self._table(removed=True),
            "seen_kept": self._table(removed=False),
            "lists_seen_removed": _plain(self.runs[0].lists),
            "ndcg_by_segment_seen_removed": _plain(self.runs[0].ndcg_by_segment()),
            "verdict": self.verdict(),
        }

    def __str__(self) -> str:
        """Return a table for people."""
        parts = []
        for removed in (True, False):
            rule = "removed" if removed else "kept"
            rows = {
                **{
                    name: [str(metrics[metric]) for metric in METRICS]
                    for name, metrics in self.baselines(removed=removed).items()
                },
                self.model: [str(self.mean(metric, removed=removed)) for metric in METRICS],
            }
            width = max(map(len, rows))
            parts.append(
                f"{self.data}, seen items {rule} (± over users; {self.model}: over seeds)\n"
                + " " * width
                + "".join(f"  {metric:>17}" for metric in METRICS)
            )
            parts += [
                f"{name:<{width}}" + "".join(f"  {cell:>17}" for cell in cells)
                for name, cells in rows.items()
            ]
        if self.bars:
            bars = ", ".join(f"{metric} ≥ {bar:g}" for metric, bar in self.bars.items())
            parts.append(f"Bars {bars}: {'met' if self.meets_bars() else 'MISSED'}")
        parts.append(self.verdict())
        return "\n".join(parts)

    def _of(self, run: Results, removed: bool) -> dict[str, dict[str, Metric]]:
        return run.seen_removed if removed else run.seen_kept

    def _table(self, *, removed: bool) -> dict[str, Any]:
        ours = {
            metric: {
                **_plain_metric(self.mean(metric, removed=removed)),
                "by_seed": self.values(metric, removed=removed).tolist(),
            }
            for metric in METRICS
        }
        return {
            self.model: ours,
            **{
                name: {metric: _plain_metric(metrics[metric]) for metric in METRICS}
                for name, metrics in self.baselines(removed=removed).items()
            },
        }


def write(found: Sequence[Quality], path: Path) -> None:
    """Write `found` to `path`; what other data sets and models have there stays.

    `data` is of the models that have bars, `without_bars` of the others.
    """
    content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    data, others = content.get("data", {}), content.get("without_bars", {})
    for quality in found:
        if quality.bars:
            data[quality.data] = quality.as_json()
        else:
            others.setdefault(quality.data, {})[quality.model] = quality.as_json()
    content = {
        "name": "quality",
        "protocol": "leave-one-out by time, full ranking of all items, no sampled negatives; "
        "standard errors of baselines over users, of the model over seeds",
        "data": data,
        "without_bars": others,
        "versions": {
            "python": platform.python_version(),
            "keras": metadata.version("keras"),
            "numpy": np.__version__,
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _plain(table: Mapping[str, Mapping[str, Metric]]) -> dict[str, Any]:
    return {
        row: {name: _plain_metric(metric) for name, metric in metrics.items()}
        for row, metrics in table.items()
    }


def _plain_metric(metric: Metric) -> dict[str, float | None]:
    return {"value": metric.value, "standard_error": metric.standard_error}
