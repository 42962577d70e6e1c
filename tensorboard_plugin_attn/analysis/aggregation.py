"""One picture of a whole cohort: attention of many users, aligned on their newest items.

Histories differ in length, so cell (-1, -2) is "the newest query on the item before", for each
user. Users with fewer items take part where they have a query; the picture says how many did.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Doubles = NDArray[np.float64]


class NewestAligned:
    """Collects users' attention, one after the other, into their mean and their maximum.

    The mean of a query is over the users that have this query, and a key that a user does not
    have counts as none of that user's attention: rows of the mean sum to 1, as those of its users.
    """

    def __init__(self, heads: int, queries: int, keys: int) -> None:
        """Make room for the longest user: `[head, query, key]`."""
        self._sum = np.zeros((heads, queries, keys))
        self._most = np.zeros((heads, queries, keys), np.float32)
        self.users_of_query = np.zeros(queries, np.intp)  # [query]

    def add(self, attention: Array) -> None:
        """Take in one user's `[head, query, key]`.

        Raises:
          ValueError: other heads, or more queries or keys than there is room for.
        """
        heads, queries, keys = attention.shape
        room = self._sum.shape
        if heads != room[0] or queries > room[1] or keys > room[2]:
            raise ValueError(f"attention {attention.shape} does not fit into {room}")
        rows, columns = slice(room[1] - queries, None), slice(room[2] - keys, None)
        self._sum[:, rows, columns] += attention
        most = self._most[:, rows, columns]
        np.maximum(most, attention, out=most)
        self.users_of_query[rows] += 1

    def mean(self) -> Doubles:
        """Return the mean `[head, query, key]`; a query that no user has is 0."""
        users = np.maximum(self.users_of_query, 1)
        return np.asarray(self._sum / users[None, :, None])

    def maximum(self) -> NDArray[np.float32]:
        """Return the largest attention of any user, `[head, query, key]`; rows sum to anything."""
        return np.array(self._most)
