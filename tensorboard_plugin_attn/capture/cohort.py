"""The fixed users whose attention is followed through training.

The same users, fed in the same order at every step: so the picture changes because the model did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MAX_USERS = 512


@dataclass(frozen=True)
class Item:
    """A thing that can be recommended.

    Attributes:
      id: what users' histories and recommendations refer to.
      label: the title shown on axes; the id if empty.
      attributes: what is shown of it besides, such as its price.
    """

    id: str
    label: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class User:
    """A person whose attention is logged under a pseudonym.

    Attributes:
      id: the raw id; only a keyed hash of it is ever written.
      history: item ids as the model sees them, oldest first, without padding.
      target: the item id held out for evaluation, if any.
      label: a name for the user list; written only with `Privacy(user_labels=True)`.
      attributes: written only as far as `Privacy(user_attributes=...)` lists them.
    """

    id: str
    history: Sequence[str] = ()
    target: str | None = None
    label: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cohort:
    """Users in the order of the attention arrays' first axis.

    Attributes:
      users: at most 512; eight are a good number.
      items: every item that may be shown, by id. Items missing here are shown by their id.
      inputs: what the model is called with for these users, such as int32 `[user, position]`.

    Raises:
      ValueError: two users with one id, or too many.
    """

    users: Sequence[User] = ()
    items: Mapping[str, Item] = field(default_factory=dict)
    inputs: Any = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Refuse what would show one person's attention as another's."""
        if len(self.users) > MAX_USERS:
            raise ValueError(f"a cohort of {len(self.users)} users: take at most {MAX_USERS}")
        ids = [user.id for user in self.users]
        if len(set(ids)) != len(ids):
            twice = next(name for name in ids if ids.count(name) > 1)
            raise ValueError(f"user {ids.index(twice)} of the cohort is there twice")


def stratified(lengths: Sequence[int], count: int, seed: int = 0) -> list[int]:
    """Return `count` user numbers spread evenly over history length, shortest first.

    Users are sorted by length, cut into `count` strata, and one is drawn from each.

    Args:
      lengths: history length of every user.
      count: how many to choose; all are taken if there are fewer.
      seed: the same seed gives the same users.

    Raises:
      ValueError: `count` is less than 1.
    """
    if count < 1:
        raise ValueError(f"count={count}: a cohort needs at least one user")
    order = np.argsort(np.asarray(lengths), kind="stable")
    random = np.random.default_rng(seed)
    strata = np.array_split(order, min(count, len(order)))
    return [int(random.choice(stratum)) for stratum in strata]
