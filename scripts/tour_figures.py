"""Prints every figure of docs/tour.md: `python scripts/tour_figures.py [LOGDIR]`.

It asks the server's routes about the two runs of `make demo`, and finds the head the tour is about
by a rule, not by a number: in the last layer of the first run, the head that ends with the least
mean distance back (recency). Another machine may find another head.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from tensorboard.backend.event_processing.event_accumulator import (  # noqa: E402
    TENSORS,
    EventAccumulator,
)
from tensorboard.util import tensor_util  # noqa: E402

from scripts.tour_orders import NEAREST, Share, orders, share  # noqa: E402
from tests.fixtures.tab import Tab  # noqa: E402
from training.datasets import ecommerce  # noqa: E402

RUN, OTHER_RUN = "sasrec-d64", "sasrec-d16"
USER = 4  # a customer with a history of some length, none of it cut off

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Habit:
    """How one head came to look where it looks: means over users.

    Attributes:
      run: the run's name, as in links.
      layer: the layer's name.
      head: counted from 0.
      even: recency that even attention has, in positions.
      away_step: the step at which the head looked farthest back.
      away: recency there.
      turned_step: the first logged step from which on it was nearer than `even`; -1 if never.
      last_step: the last logged step.
      last: recency there.
      importance_step: the last step at which importance was measured.
      importance: of every head of the layer there.
      leads_from_step: the first step with importance from which on this head led; -1 if never.
    """

    run: str
    layer: str
    head: int
    even: float
    away_step: int
    away: float
    turned_step: int
    last_step: int
    last: float
    importance_step: int
    importance: tuple[float, ...]
    leads_from_step: int


@dataclass(frozen=True)
class Run:
    """What the server says of one run."""

    tab: Tab
    name: str
    layers: list[str]
    histories: list[list[str]]  # item ids, oldest first, by user

    def measure(
        self, layer: str, name: str, users: Sequence[int] | None = None
    ) -> tuple[list[int], Values]:
        """Return steps and the mean over users (all of them) of a measure `[step, head]`.

        Steps are those that all users have, and at which it was measured for one of them.
        """
        answers = [
            self.tab.json("/measures", run=self.name, layer=layer, user=user)
            for user in (range(len(self.histories)) if users is None else users)
        ]
        steps = sorted(set.intersection(*(set(answer["steps"]) for answer in answers)))
        values = np.array([_at(answer, name, steps) for answer in answers], float)
        known = ~np.isnan(values).all(axis=(0, 2))
        return list(np.array(steps)[known]), np.nanmean(values[:, known], axis=0)

    def attention(self, layer: str, user: int, step: int) -> Values:
        """Return attention `[head, query, key]` at a logged step; 0 where not applicable."""
        frames = self.tab.frames(run=self.name, layer=layer, user=user, steps=step)
        attention = frames.attention(frames.header["frames"][0])
        return np.nan_to_num(np.asarray(attention, float))


def _at(answer: dict[str, Any], name: str, steps: list[int]) -> list[list[float | None]]:
    """Return a measure of one user at `steps`, `[step][head]`."""
    by_step = dict(zip(answer["steps"], answer["measures"][name], strict=True))
    return [by_step[step] for step in steps]


def find_run(tab: Tab, name: str) -> Run:
    """Return what there is of `name`, once the whole log is read.

    Raises:
      SystemExit: the run is not there.
    """
    while (indexing := tab.json("/status")["indexing"])["done_bytes"] < indexing["total_bytes"]:
        pass
    runs = {run["display_name"]: run for run in tab.json("/runs")["runs"]}
    if name not in runs:
        raise SystemExit(f"no run {name}: run `make demo ARGS=--no-serve` first")
    found = runs[name]
    catalogue = tab.json("/catalogue", run=found["name"])
    ids = {item["index"]: item["id"] for item in catalogue["items"]}
    histories = [[ids[item] for item in user["axes"]["history"]] for user in catalogue["users"]]
    return Run(tab, found["name"], [layer["name"] for layer in found["layers"]], histories)


def nearest_head(run: Run) -> int:
    """Return the head of the last layer that ends with the least recency."""
    return int(run.measure(run.layers[-1], "recency")[1][-1].argmin())


def habit(run: Run, head: int, users: Sequence[int] | None = None) -> Habit:
    """Return how `head` of the last layer changed, as a mean over users (all of them)."""
    layer = run.layers[-1]
    steps, recency = run.measure(layer, "recency", users)
    of_head = recency[:, head]
    # Query q of a causal layer has q + 1 keys, so even attention is q / 2 places back.
    followed = run.histories if users is None else [run.histories[user] for user in users]
    even = float(np.mean([(len(history) - 1) / 4 for history in followed]))
    away = int(of_head.argmax())
    measured, importance = run.measure(layer, "importance", users)
    return Habit(
        run.name,
        layer,
        head,
        even,
        int(steps[away]),
        float(of_head[away]),
        _from_then_on(steps, of_head < even),
        int(steps[-1]),
        float(of_head[-1]),
        int(measured[-1]),
        tuple(float(value) for value in importance[-1]),
        _from_then_on(measured, importance.argmax(axis=1) == head),
    )


def _from_then_on(steps: list[int], holds: NDArray[np.bool_]) -> int:
    """Return the first step from which on `holds` is true to the end; -1 if it is not there."""
    if not holds[-1]:
        return -1
    broken = np.flatnonzero(~holds)
    return int(steps[broken[-1] + 1 if broken.size else 0])


def by_distance(run: Run, head: int, step: int) -> Values:
    """Return attention on the own place, the one before…, in multiples of the even share.

    Mean over users and over those of their queries that have `NEAREST` keys or more.
    """
    found = []
    for user in range(len(run.histories)):
        attention = run.attention(run.layers[-1], user, step)[head]  # [query, key]
        for query in range(NEAREST - 1, len(attention)):
            nearest = attention[query, query - NEAREST + 1 : query + 1][::-1]
            found.append(nearest * (query + 1))
    return np.mean(found, axis=0)


def by_order(run: Run, head: int, step: int) -> Share:
    """Return how much of a head's attention stays within a customer's order."""
    interactions = ecommerce.load().interactions
    return share(
        [
            (run.attention(run.layers[-1], user, step)[head], orders(history, interactions))
            for user, history in enumerate(run.histories)
        ]
    )


def of_each_order(run: Run, head: int, step: int) -> list[tuple[float, float]]:
    """Return, for each later order of the customer, attention that stays in it, and its even share.

    Means over the order's queries.
    """
    order = orders(run.histories[USER], ecommerce.load().interactions)
    attention = run.attention(run.layers[-1], USER, step)[head]  # [query, key]
    found = []
    for number in range(1, int(order[-1]) + 1):
        begin, end = np.flatnonzero(order == number)[[0, -1]]
        queries = range(begin, end + 1)
        own = [attention[query, begin : query + 1].sum() for query in queries]
        even = [(query + 1 - begin) / (query + 1) for query in queries]
        found.append((float(np.mean(own)), float(np.mean(even))))
    return found


def order_sizes(run: Run) -> list[list[int]]:
    """Return how many items each order of each customer has."""
    interactions = ecommerce.load().interactions
    return [np.bincount(orders(history, interactions)).tolist() for history in run.histories]


def pairs(one: Run, other: Run, step: int) -> dict[str, Any]:
    """Return the server's pairing of the heads of both last layers."""
    answer = one.tab.json(
        "/compare",
        run=one.name,
        layer=one.layers[-1],
        step=step,
        other_run=other.name,
        other_layer=other.layers[-1],
        other_step=step,
    )
    return dict(answer)


def story(logdir: Path) -> tuple[Run, Run, Habit, Habit, dict[str, Any]]:
    """Return both runs, the head, its partner in the other run, and all pairs."""
    tab = Tab(logdir)
    one, other = find_run(tab, RUN), find_run(tab, OTHER_RUN)
    own = habit(one, nearest_head(one))
    matched = pairs(one, other, own.last_step)
    partner = next(m["other_head"] for m in matched["matches"] if m["head"] == own.head)
    return one, other, own, habit(other, partner), matched


def target_ranks(run: Run, steps: tuple[int, ...]) -> list[int]:
    """Return the rank of the customer's target at the lists last logged by `steps`."""
    ranks = []
    for step in steps:
        at = f"at-or-before:{step}"
        answer = run.tab.json("/recommendations", run=run.name, user=USER, steps=at)
        ranks.append(int(answer["target_ranks"][0]))
    return ranks


def validation(logdir: Path, run: Run, tag: str = "NDCG@10") -> dict[int, float]:
    """Return a metric on the validation items by step, as the training logged it."""
    directory = logdir / Path(run.name).parent / "validation"
    events = EventAccumulator(str(directory), {TENSORS: 0}).Reload()
    return {
        event.step: float(tensor_util.make_ndarray(event.tensor_proto))
        for event in events.Tensors(tag)
    }


def main(logdir: Path) -> int:
    """Print the figures, in the order of the tour."""
    one, other, own, partner, matched = story(logdir)
    for described in one.tab.json("/runs")["runs"]:
        print(f"{described['display_name']}: {described['step_count']} steps, {described['cost']}")
    for run, found in ((one, own), (other, partner)):
        print("cohort:", json.dumps(asdict(found), indent=1))
        print(f"User {USER + 1}:", json.dumps(asdict(habit(run, found.head, [USER])), indent=1))
        _, entropy = run.measure(found.layer, "entropy_bits")
        print("entropy, first and last:", entropy[[0, -1]].round(2).tolist())
        print("orders of the customers, in items:", order_sizes(run))
        for step in (1, found.away_step, found.last_step):
            print(f"by order at {step}:", by_order(run, found.head, step))
            of_orders = np.round(of_each_order(run, found.head, step), 2).tolist()
            print(f"User {USER + 1}, later orders at {step}, attention and even share:", of_orders)
            print(f"by distance at {step}:", by_distance(run, found.head, step).round(2).tolist())
        for layer in run.layers:
            steps, importance = run.measure(layer, "importance")
            print(f"importance in {layer} at {steps[-1]}:", importance[-1].round(3).tolist())
        metric = {step: round(value, 3) for step, value in validation(logdir, run).items()}
        print("NDCG@10 on the validation items:", metric)
        ends = (1, found.away_step, found.last_step)
        print(f"target's rank of User {USER + 1} at {ends}:", target_ranks(run, ends))
    print(f"pairs of {own.run} and {partner.run} ({matched['users']} users):")
    print(*(json.dumps(match) for match in matched["matches"]), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "demo" / "logs"))
