"""What the recommended lists are like, whether or not they hit: diversity, novelty, popularity.

All are taken from what users bought in training, none from a model, so that models can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.metrics import Metric, mean


def top_items(candidates: np.ndarray, k: int) -> np.ndarray:
    """Return the best `k` columns of `candidates [user, item]`, best first, ties by column."""
    k = min(k, candidates.shape[1] - 1)
    return np.argsort(-candidates, axis=1, kind="stable")[:, :k]


class ListMeasures:
    """Measures lists of recommendations against what was bought in training.

    Args:
      train: items per user.
      item_count: number of items, padding (0) included.
    """

    def __init__(self, train: Sequence[np.ndarray], item_count: int) -> None:
        users = np.repeat(np.arange(len(train)), [len(items) for items in train])
        pairs = np.unique(np.stack([users, np.concatenate(train)]), axis=1)
        self._user, self._item = pairs  # one entry per user and item
        self._buyers = np.bincount(self._item, minlength=item_count)
        self._users = len(train)
        self._own = np.array(
            [self._buyers[items].mean() if len(items) else np.nan for items in train]
        )
        self._catalogue = item_count - 1

    def of(self, lists: np.ndarray) -> dict[str, Metric]:
        """Return the measures of `lists [user, place]`, item numbers.

        - coverage: share of the catalogue that is recommended to anybody.
        - diversity: 1 - mean cosine of the buyers of two items of a list (Ziegler et al. 2005).
        - novelty: mean -log2 of the share of users who bought an item, in bits; an item that
          nobody bought counts as bought by one (Vargas & Castells 2011).
        - popularity lift: mean buyers of an item recommended over those of an item in the user's
          own history, minus 1; above 0, recommendations are more popular than the user's taste
          (Abdollahpouri et al. 2019).
        """
        buyers = np.maximum(self._buyers[lists], 1)
        lift = self._buyers[lists].mean(axis=1) / np.maximum(self._own, 1e-9) - 1
        return {
            "coverage": Metric(len(np.unique(lists)) / self._catalogue, None),
            "diversity": mean(1 - self._similarity(lists)),
            "novelty (bits)": mean(-np.log2(buyers / self._users).mean(axis=1)),
            "popularity lift": mean(lift[np.isfinite(lift)]),
        }

    def _similarity(self, lists: np.ndarray) -> np.ndarray:
        """Return the mean cosine between two different places of each list, `[user]`."""
        needed, numbers = np.unique(lists, return_inverse=True)
        together = self._cosines(needed)  # [needed, needed]
        numbers = numbers.reshape(lists.shape)
        places = lists.shape[1]
        if places < 2:
            return np.zeros(len(lists))
        each = together[numbers[:, :, None], numbers[:, None, :]]  # [user, place, place]
        diagonal = np.einsum("upp->u", each)
        return (each.sum(axis=(1, 2)) - diagonal) / (places * (places - 1))

    def _cosines(self, items: np.ndarray) -> np.ndarray:
        """Return the cosine of the buyers of `items`, `[item, item]`."""
        column = np.full(len(self._buyers), -1)
        column[items] = np.arange(len(items))
        bought = np.zeros((self._users, len(items)), np.float32)
        used = column[self._item] >= 0
        bought[self._user[used], column[self._item[used]]] = 1
        size = np.sqrt(np.maximum(bought.sum(axis=0), 1))
        return (bought.T @ bought) / (size[:, None] * size[None, :])
