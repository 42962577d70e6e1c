"""Which head of one run is which of another: head 3 here need not be head 3 there.

Heads are paired one to one so that their total similarity is largest (the Hungarian method), and
each pair says how sure it is. It refuses to pair what was never compared.
Source: Kuhn, "The Hungarian method for the assignment problem", 1955; the shortest-path form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Match:
    """A pair of heads.

    Attributes:
      head: of the one side.
      other_head: of the other side.
      similarity: 0 to 1, mean over users.
      margin: by how much it beats the next best pair that has one of these two heads; negative
        if another pair would suit one of them better. `None` if there is no other pair.
      agreeing_users: users for whom `other_head` is the most similar to `head` of all.
    """

    head: int
    other_head: int
    similarity: float
    margin: float | None
    agreeing_users: int


def assign(cost: Doubles) -> NDArray[np.intp]:
    """Return the column of each row of a square `cost [row, column]` that costs least in all.

    O(n^3). Costs are finite.
    """
    size = len(cost)
    row_potential, column_potential = np.zeros(size + 1), np.zeros(size + 1)
    row_of = np.zeros(size + 1, np.intp)  # row (from 1) of each column; 0: none yet
    for row in range(1, size + 1):
        row_of[0] = row
        least = np.full(size + 1, np.inf)
        before = np.zeros(size + 1, np.intp)
        done = np.zeros(size + 1, bool)
        column = 0
        while True:
            done[column] = True
            current = row_of[column]
            reduced = cost[current - 1] - row_potential[current] - column_potential[1:]
            better = ~done[1:] & (reduced < least[1:])
            least[1:][better] = reduced[better]
            before[1:][better] = column
            column = 1 + int(np.argmin(np.where(done[1:], np.inf, least[1:])))
            delta = least[column]
            row_potential[row_of[done]] += delta
            column_potential[done] -= delta
            least[~done] -= delta
            if row_of[column] == 0:
                break
        while column:
            row_of[column] = row_of[before[column]]
            column = int(before[column])
    columns = np.empty(size, np.intp)
    columns[row_of[1:] - 1] = np.arange(size)
    return columns


def match_heads(similarity: Doubles) -> list[Match]:
    """Return pairs by `similarity [user, head, other head]`, in the order of `head`.

    With more heads on one side, some of them have no pair. No user, no pairs.
    """
    users, heads, others = similarity.shape
    if users == 0:
        return []
    mean = similarity.mean(axis=0)  # [head, other head]
    padded = np.zeros((max(heads, others),) * 2)
    padded[:heads, :others] = -mean
    found = []
    for head, other in enumerate(assign(padded)[:heads]):
        if other >= others:
            continue
        rivals = np.concatenate([np.delete(mean[head], other), np.delete(mean[:, other], head)])
        best = similarity[:, head].argmax(axis=1)
        found.append(
            Match(
                head=head,
                other_head=int(other),
                similarity=float(mean[head, other]),
                margin=float(mean[head, other] - rivals.max()) if rivals.size else None,
                agreeing_users=int((best == other).sum()),
            )
        )
    return found
