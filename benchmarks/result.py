"""What a benchmark found: a table for people, and a JSON file to compare commits by."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from benchmarks.runner import Spread, ratios

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Bar:
    """What the ratio must reach.

    Attributes:
      limit: the figure.
      sense: on which side of it is good.
      aim: what would be better still, in words.
    """

    limit: float
    sense: Literal["at most", "at least"]
    aim: str

    def is_met(self, figure: float) -> bool:
        """Tell whether `figure` is on the good side."""
        return figure <= self.limit if self.sense == "at most" else figure >= self.limit


@dataclass(frozen=True)
class Result:
    """One benchmark's outcome.

    Attributes:
      name: the benchmark's.
      unit: of `costs`.
      costs: per contender, one figure per round.
      ours: which contender is ours.
      reference: which contender every ratio is taken to.
      bar: what the ratio must reach.
      figure: whether the bar is about ours' multiple of the reference, or ours' own value.
      skipped: peers that could not be measured, and why.
      what: the workload, in a sentence.
    """

    name: str
    unit: str
    costs: Mapping[str, Sequence[float]]
    ours: str
    reference: str
    bar: Bar
    what: str
    figure: Literal["multiple", "value"] = "multiple"
    skipped: Mapping[str, str] = field(default_factory=dict)

    @property
    def ratio(self) -> Spread:
        """Return the figure the bar is about."""
        if self.figure == "value":
            return Spread.of(self.costs[self.ours])
        return ratios(self.costs, self.reference)[self.ours]

    def as_json(
        self, machine: Mapping[str, Any], versions: Mapping[str, str], commit: str
    ) -> dict[str, Any]:
        """Return the result file's content."""
        rows = {name: self._row(name) for name in self.costs}
        ours = {"name": self.ours, "what": self.what, "unit": self.unit, **rows.pop(self.ours)}
        return {
            "name": self.name,
            "ours": ours,
            "peers": {**rows, **{name: {"skipped": why} for name, why in self.skipped.items()}},
            "ratio": {"of": self.figure, "to": self.reference, **self.ratio.as_json()},
            "bar": {
                "limit": self.bar.limit,
                "sense": self.bar.sense,
                "aim": self.bar.aim,
                "met": self.bar.is_met(self.ratio.median),
            },
            "runs": len(self.costs[self.ours]),
            "machine": dict(machine),
            "versions": dict(versions),
            "commit": commit,
        }

    def table(self) -> str:
        """Return the result for a terminal, ours first."""
        order = [self.ours, *(name for name in self.costs if name != self.ours)]
        width = max(len(name) for name in [*order, *self.skipped])
        lines = [f"{self.name}: {self.what}"]
        multiples = ratios(self.costs, self.reference)
        for name in order:
            cost, multiple = Spread.of(self.costs[name]), multiples[name]
            lines.append(
                f"  {name:<{width}}  {cost.median:10.4g} {self.unit} "
                f"({cost.low:.4g}–{cost.high:.4g})  {multiple.median:8.4g}× "
                f"({multiple.low:.4g}–{multiple.high:.4g})"
            )
        lines.extend(
            f"  {name:<{width}}  not measured: {why}" for name, why in self.skipped.items()
        )
        met = "met" if self.bar.is_met(self.ratio.median) else "MISSED"
        lines.append(
            f"  × is the multiple of {self.reference!r}; {self.figure} {self.ratio.median:.4g}, "
            f"bar {self.bar.sense} {self.bar.limit:g}: {met}; aim {self.bar.aim}"
        )
        return "\n".join(lines)

    def _row(self, name: str) -> dict[str, Any]:
        multiple = ratios(self.costs, self.reference)[name]
        return {**Spread.of(self.costs[name]).as_json(), "multiple": multiple.as_json()}


def write(content: Mapping[str, Any], directory: Path = RESULTS) -> Path:
    """Write a result's JSON to `directory/<name>.json`; return the path."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{content['name']}.json"
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
