"""Does an order of the history's items, such as attention's, say what really matters?

Each method orders the items; then the k it puts first are really deleted, and the recommended
item's log-probability falls by so much (comprehensiveness), or all but those are (sufficiency, less
is better): DeYoung et al., "ERASER", ACL 2020. AOPC is the mean comprehensiveness over k. The order
is also compared with that of exact deletion, item by item. Random order and "newest first", which
need no model, are the lines to beat.

The newest item is special: it reaches the prediction past all attention, and whoever ranks it first
looks good. So everything is measured twice, with it and with it set aside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn.analysis.explain import (
    Predict,
    log_probabilities,
    rank_correlation,
)
from tensorboard_plugin_attn.portable.edits import Edit

Floats = NDArray[np.float32]

SIZES = (1, 2, 3, 5, 10)  # k: how many items are deleted, or kept
LEAST_PLACES = 4  # histories shorter than this leave nothing to order once the newest is set aside
LEAST_USERS = 3
RANDOM_ORDERS = 3
EXACT = "delete"

# From which agreement with exact deletion on an order is said to explain. Conventions, not
# theorems: a rank correlation of 0.5 is called large (Cohen 1988), 0.3 medium; shares are of what
# exact deletion achieves beyond random order.
EXPLAINS = {"rank_correlation": 0.5, "share_of_exact": 0.5}
PARTLY = {"rank_correlation": 0.3, "share_of_exact": 0.25}


@dataclass(frozen=True)
class Measured:
    """One method's figures for one user.

    Attributes:
      comprehensiveness: drop of log-probability when the first k are deleted, `[size]`; NaN where
        the history is too short.
      sufficiency: the same when all but the first k are, `[size]`.
      rank_correlation: Spearman's, with exact deletion; `None` where an order is flat.
      same_first: whether it puts first what exact deletion does.
    """

    comprehensiveness: Floats
    sufficiency: Floats
    rank_correlation: float | None
    same_first: bool

    @property
    def aopc(self) -> float:
        """Return the mean comprehensiveness over the sizes the history allows."""
        return float(np.nanmean(self.comprehensiveness))


def orders(claims: Mapping[str, Floats], places: int, seed: int) -> dict[str, list[Floats]]:
    """Return each method's values of `places`, larger first, with the two lines to beat.

    Args:
      claims: by method, `[place]`; exact deletion among them as `EXACT`.
      places: length of the history.
      seed: of the random orders, of which there are a few.
    """
    random = np.random.default_rng(seed)
    lines = {
        "random": [random.permutation(places).astype(np.float32) for _ in range(RANDOM_ORDERS)],
        "recency": [np.arange(places, dtype=np.float32)],
    }
    return {**lines, **{name: [values] for name, values in claims.items()}}


def measured(
    predict: Predict, item: int, ordered: Mapping[str, Sequence[Floats]], *, newest_aside: bool
) -> dict[str, list[Measured]]:
    """Return the figures of each method's orders for the score of `item`.

    Args:
      predict: of one user.
      item: what is recommended.
      ordered: as `orders` returns it.
      newest_aside: whether the newest item is neither ordered nor deleted.
    """
    places = len(ordered[EXACT][0]) - newest_aside
    sizes = [size for size in SIZES if size < places]
    wanted: dict[frozenset[int], None] = {frozenset(): None}
    plans = {
        name: [_plan(values[:places], sizes) for values in each] for name, each in ordered.items()
    }
    for each in plans.values():
        for plan in each:
            wanted.update(dict.fromkeys((*plan.deleted, *plan.others)))
    scores = predict([Edit(deleted=places_) for places_ in wanted])
    log_probability = dict(zip(wanted, log_probabilities(scores)[:, item].tolist(), strict=True))
    whole = log_probability[frozenset()]
    exact = ordered[EXACT][0][:places]

    def drops(sets: Sequence[frozenset[int]]) -> Floats:
        found = np.full(len(SIZES), np.nan, np.float32)
        found[: len(sets)] = [whole - log_probability[chosen] for chosen in sets]
        return found

    return {
        name: [
            Measured(
                drops(plan.deleted),
                drops(plan.others),
                rank_correlation(values[:places], exact),
                bool(plan.first == int(np.argmax(exact))),
            )
            for plan, values in zip(plans[name], ordered[name], strict=True)
        ]
        for name in ordered
    }


@dataclass(frozen=True)
class _Plan:
    deleted: list[frozenset[int]]  # the first k
    others: list[frozenset[int]]  # all but the first k
    first: int


def _plan(values: Floats, sizes: Sequence[int]) -> _Plan:
    order = np.argsort(-values, kind="stable").tolist()
    return _Plan(
        [frozenset(order[:size]) for size in sizes],
        [frozenset(order[size:]) for size in sizes],
        order[0],
    )


@dataclass(frozen=True)
class Mean:
    """A mean over users, and its standard error (`None` for fewer than two)."""

    value: float | None
    error: float | None
    count: int

    @classmethod
    def of(cls, values: Sequence[float | None]) -> Mean:
        """Return the mean of what is a number among `values`."""
        known = np.array([v for v in values if v is not None and np.isfinite(v)], np.float64)
        if not len(known):
            return cls(None, None, 0)
        error = float(known.std(ddof=1) / np.sqrt(len(known))) if len(known) > 1 else None
        return cls(float(known.mean()), error, len(known))


@dataclass(frozen=True)
class Card:
    """One method's means over users."""

    aopc: Mean
    comprehensiveness: list[Mean]
    sufficiency: list[Mean]
    rank_correlation: Mean
    same_first: Mean
    aopc_by_user: tuple[float | None, ...]


def card(users: Sequence[Sequence[Measured]]) -> Card:
    """Return the means over users of a method's figures; a user's orders are averaged first."""
    aopc = tuple(_mean([one.aopc for one in user]) for user in users)
    with np.errstate(invalid="ignore"):
        return Card(
            Mean.of(aopc),
            [_over_users(users, "comprehensiveness", place) for place in range(len(SIZES))],
            [_over_users(users, "sufficiency", place) for place in range(len(SIZES))],
            Mean.of([_mean([one.rank_correlation for one in user]) for user in users]),
            Mean.of([_mean([float(one.same_first) for one in user]) for user in users]),
            aopc,
        )


def _over_users(users: Sequence[Sequence[Measured]], name: str, place: int) -> Mean:
    return Mean.of([_mean([getattr(one, name)[place] for one in user]) for user in users])


def _mean(values: Sequence[float | None]) -> float | None:
    known = [float(value) for value in values if value is not None and np.isfinite(value)]
    return sum(known) / len(known) if known else None


def share_of_exact(method: Card, exact: Card, random: Card) -> float | None:
    """Return how far a method comes from random order (0) to exact deletion (1), by AOPC."""
    values = [each.aopc.value for each in (method, exact, random)]
    if any(value is None for value in values):
        return None
    own, most, least = (float(value or 0.0) for value in values)
    return (own - least) / (most - least) if most > least else None


def beats(method: Card, line: Card) -> bool | None:
    """Tell whether a method's AOPC is above a line's by over two standard errors, user by user.

    `None` for fewer than `LEAST_USERS` users: nothing can be told from them.
    """
    pairs = zip(method.aopc_by_user, line.aopc_by_user, strict=True)
    lead = Mean.of([a - b for a, b in pairs if a is not None and b is not None])
    if lead.value is None or lead.error is None or lead.count < LEAST_USERS:
        return None
    return lead.value > 2 * lead.error


def verdict(method: Card, exact: Card, random: Card) -> str:
    """Return `"explains"`, `"partly"`, `"does_not_explain"` or `"unknown"`.

    Whatever its figures, what does not beat random order does not explain; and of too few users,
    or an order that is flat, nothing is said.
    """
    figures = {
        "rank_correlation": method.rank_correlation.value,
        "share_of_exact": share_of_exact(method, exact, random),
    }
    ahead = beats(method, random)
    if ahead is None or any(value is None for value in figures.values()):
        return "unknown"
    if not ahead:
        return "does_not_explain"
    for name, limits in (("explains", EXPLAINS), ("partly", PARTLY)):
        if all((figures[figure] or 0.0) >= limit for figure, limit in limits.items()):
            return name
    return "does_not_explain"
