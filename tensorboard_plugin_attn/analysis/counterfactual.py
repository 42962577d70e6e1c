"""The smallest set of history items without which something else would be recommended.

"Without Y you would get Z" is a fact about the model: Y is deleted and the list computed again.
All sets of one item are tried, then of two, as far as the budget goes, so what is found there is
the smallest there is; beyond it a greedy search finds a set that need not be, and says so. ACCENT
(Tran et al., SIGIR 2021) and CLEAR (Nisimov et al., 2022) search likewise, with approximations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn.analysis.explain import Floats, Predict, best, ranks
from tensorboard_plugin_attn.portable.edits import Edit

MOST_SETS = 1500  # tried exactly; all pairs of 50 items are 1225
MOST_ITEMS = 6  # of a set that is still an explanation


@dataclass(frozen=True)
class Counterfactual:
    """What a search found.

    Attributes:
      places: of the items to delete; empty if no set was found.
      is_smallest: whether it is proved that no smaller set does it.
      instead: the item that is recommended first then.
      rank_after: of the item that was asked about.
      score_after: of it.
      tried: number of sets that were tried.
    """

    places: tuple[int, ...]
    is_smallest: bool
    instead: int | None
    rank_after: int | None
    score_after: float | None
    tried: int


def smallest_set(
    predict: Predict,
    places: int,
    item: int,
    excluded: NDArray[np.bool_],
    *,
    within: int,
    most_sets: int = MOST_SETS,
) -> Counterfactual:
    """Return the smallest set of places whose deletion takes `item` out of the first `within`.

    Of several sets of that size the one after which it ranks last. What is deleted stays
    `excluded`: nobody is recommended what they had.

    Args:
      predict: of one user.
      places: length of the history.
      item: number of the item that is recommended.
      excluded: items that are no candidates, `[item]`.
      within: how many places of the list count: 1 asks for another first item.
      most_sets: how many may be tried exactly.
    """
    search = _Search(predict, item, excluded, within)
    if places < 2 or int((~excluded).sum()) <= within:  # nobody is there to push it out
        return Counterfactual((), True, None, None, None, 0)
    proved = 0  # no set of so many items, or fewer, does it
    for size in (1, 2):
        sets = combinations(range(places), size)
        if size >= places or search.tried + _count(places, size) > most_sets:
            break
        if (found := search.first_of(sets, is_smallest=True)) is not None:
            return found
        proved = size
    return search.greedy(places, proved)


def _count(places: int, size: int) -> int:
    return places if size == 1 else places * (places - 1) // 2


@dataclass
class _Search:
    predict: Predict
    item: int
    excluded: NDArray[np.bool_]
    within: int
    tried: int = 0

    def scores(self, sets: list[frozenset[int]]) -> Floats:
        self.tried += len(sets)
        return self.predict([Edit(deleted=chosen) for chosen in sets])

    def first_of(
        self, sets: Iterable[tuple[int, ...]], *, is_smallest: bool
    ) -> Counterfactual | None:
        """Return the set after which the item ranks last, if that is out of the list."""
        tried = [frozenset(chosen) for chosen in sets]
        scores = self.scores(tried)
        found = ranks(scores, self.excluded, [self.item])[:, 0]
        worst = int(np.lexsort((scores[:, self.item], -found))[0])
        if found[worst] <= self.within:
            return None
        return self._answer(tried[worst], scores[worst], int(found[worst]), is_smallest)

    def greedy(self, places: int, proved: int) -> Counterfactual:
        """Return a set made one by one, each time of what hurts the item's lead most."""
        chosen: frozenset[int] = frozenset()
        while len(chosen) < min(MOST_ITEMS, places - 1):
            sets = [chosen | {place} for place in range(places) if place not in chosen]
            scores = self.scores(sets)
            lead = self._lead(scores)
            number = int(np.argmin(lead))
            chosen = sets[number]
            rank = int(ranks(scores[number : number + 1], self.excluded, [self.item])[0, 0])
            if rank > self.within:
                return self._answer(chosen, scores[number], rank, len(chosen) <= proved + 1)
        return Counterfactual((), False, None, None, None, self.tried)

    def _lead(self, scores: Floats) -> Floats:
        """Return by how much the item leads the one that would push it out, `[set]`."""
        others = np.where(self.excluded, np.float32(-np.inf), scores)
        others[:, self.item] = -np.inf
        rival = np.partition(others, -self.within, axis=1)[:, -self.within]
        return np.asarray(scores[:, self.item] - rival)

    def _answer(
        self, chosen: frozenset[int], scores: Floats, rank: int, is_smallest: bool
    ) -> Counterfactual:
        first = best(scores, self.excluded, 1)
        return Counterfactual(
            tuple(sorted(chosen)),
            is_smallest,
            first[0] if first else None,
            rank,
            float(scores[self.item]),
            self.tried,
        )
