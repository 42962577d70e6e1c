"""How much of a head's attention stays in the order that the query is of, for docs/tour.md.

The log holds no times: orders are looked up in the data that ships, by the items of a history. What
a customer bought in one minute is one order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.preprocessing.interactions import Interactions

NEAREST = 10  # places: the own and the nine before


@dataclass(frozen=True)
class Share:
    """Of queries that have keys of their own order and of others; means over them.

    Attributes:
      queries: how many there are.
      own: attention on keys of the query's own order, 0 to 1.
      even: what even attention would put there.
      near_own: attention on one of the `NEAREST` keys that is of the own order, in multiples of an
        even share. The query's own place is left out.
      near_other: the same of one that is of another order.
    """

    queries: int
    own: float
    even: float
    near_own: float
    near_other: float


def orders(history: list[str], interactions: Interactions) -> NDArray[np.int64]:
    """Return the number of the order of each place of `history`, item ids, oldest first.

    Raises:
      ValueError: nobody bought these items in this order, or several did.
    """
    number = {item: place for place, item in enumerate(interactions.item_ids)}
    wanted = np.array([number[item] for item in history])
    found = [
        times
        for sequence, times in zip(interactions.sequences, _times(interactions), strict=True)
        for times in _where(sequence, times, wanted)
    ]
    if len(found) != 1:
        raise ValueError(f"{len(found)} customers have this history")
    return np.concatenate([[0], np.cumsum(np.diff(found[0]) > 0)])


def _times(interactions: Interactions) -> list[NDArray[np.float64]]:
    if interactions.timestamps is None:
        raise ValueError("there are no times")
    return interactions.timestamps


def _where(
    sequence: NDArray[np.int32], times: NDArray[np.float64], wanted: NDArray[np.int64]
) -> list[NDArray[np.float64]]:
    """Return the times of `wanted` wherever it is a stretch of `sequence`."""
    if len(sequence) < len(wanted):
        return []
    stretches = np.lib.stride_tricks.sliding_window_view(sequence, len(wanted))
    starts = np.flatnonzero((stretches == wanted).all(axis=1))
    return [times[start : start + len(wanted)] for start in starts]


def share(users: list[tuple[NDArray[np.float64], NDArray[np.int64]]]) -> Share:
    """Return what one head does, of users' attention `[query, key]` and orders `[key]`."""
    own, even = [], []
    near: dict[bool, list[float]] = {True: [], False: []}
    for attention, order in users:
        for query in range(len(order)):
            row = attention[query, : query + 1]
            is_own = order[: query + 1] == order[query]
            if is_own.all():
                continue
            own.append(row[is_own].sum())
            even.append(is_own.mean())
            for key in range(max(0, query - NEAREST + 1), query):
                near[bool(is_own[key])].append(row[key] * (query + 1))
    return Share(
        len(own),
        float(np.mean(own)),
        float(np.mean(even)),
        float(np.mean(near[True])),
        float(np.mean(near[False])),
    )
