"""The fixed users whose attention is followed through training.

The same users, fed in the same order at every step: so the picture changes because the model did.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAX_USERS = 512

Users = NDArray[np.intp]  # numbers of users


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
      known: item ids that are never recommended to this user, besides the history.
    """

    id: str
    history: Sequence[str] = ()
    target: str | None = None
    label: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    known: Sequence[str] = ()


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
            raise ValueError(f"user {ids.index(twice)} of the cohort is there twice: leave one out")

    @classmethod
    def select(
        cls,
        users: Sequence[User],
        count: int = 8,
        *,
        items: Mapping[str, Item] | None = None,
        inputs: Any = None,
        seed: int = 0,
        by: ArrayLike | None = None,
    ) -> Cohort:
        """Return a cohort of `count` of `users`, spread evenly over history length and activity.

        What is fixed from then on, whatever the training does: who is followed and in which order,
        their histories, targets and inputs, and what items are called. Choose before training
        and keep it: pass the same `users`, `count`, `seed` and `by` to get the same cohort in the
        next run.

        Args:
          users: everyone who may be followed, as many as there are.
          count: how many to follow; all if there are fewer.
          items: every item that may be shown, by id.
          inputs: model inputs of `users`, an array `[user, ...]` or a dict, list or tuple of such;
            the rows of the chosen users are kept.
          seed: the same seed gives the same users.
          by: activity `[user]`, such as interactions per day or, for recency, the time of the last
            one; then users are spread over it as well. History length alone does not tell a
            customer of ten years from one of ten days.

        Raises:
          ValueError: `count` is less than 1, there are no users, or `inputs` or `by` does not
            have one row for each of them.
        """
        chosen = stratified([len(user.history) for user in users], count, seed, by)
        return cls(
            users=tuple(users[place] for place in chosen),
            items=items or {},
            inputs=None if inputs is None else _rows(inputs, chosen, len(users)),
        )

    def only(self, users: Sequence[int | str]) -> Cohort:
        """Return a cohort of some of the users, in this cohort's order, with their inputs.

        Args:
          users: places in `self.users`, or ids.

        Raises:
          ValueError: one is not there, or none is given.
        """
        chosen = self.places(users)
        inputs = None if self.inputs is None else _rows(self.inputs, chosen, len(self.users))
        return replace(self, users=tuple(self.users[place] for place in chosen), inputs=inputs)

    def places(self, users: Sequence[int | str]) -> list[int]:
        """Return the places of `users`, ascending, each once.

        Args:
          users: places in `self.users`, or ids.

        Raises:
          ValueError: one is not there, or none is given.
        """
        place_of = {user.id: place for place, user in enumerate(self.users)}
        chosen = {place_of.get(user, -1) if isinstance(user, str) else user for user in users}
        if not chosen or not chosen <= set(range(len(self.users))):
            raise ValueError(
                f"users={list(users)}: give ids of the cohort's users, or their places from 0 to "
                f"{len(self.users) - 1}"
            )
        return sorted(chosen)


def _rows(inputs: Any, chosen: list[int], users: int) -> Any:
    """Return the `chosen` rows of every array in `inputs`."""
    if isinstance(inputs, Mapping):
        return {name: _rows(value, chosen, users) for name, value in inputs.items()}
    if isinstance(inputs, (list, tuple)):
        return type(inputs)(_rows(value, chosen, users) for value in inputs)
    array = np.asarray(inputs)
    if array.ndim == 0 or len(array) != users:
        raise ValueError(
            f"inputs of shape {list(array.shape)} for {users} users: give one row per user"
        )
    return array[chosen]


def stratified(
    lengths: Sequence[int], count: int, seed: int = 0, by: ArrayLike | None = None
) -> list[int]:
    """Return `count` user numbers spread evenly over history length, shortest first.

    Users are sorted by length, cut into `count` strata, and one is drawn from each. With `by` they
    are cut into about sqrt(count) bands of length, each band is sorted by activity and cut into
    strata: so there are quiet and busy users among those with short histories and among those
    with long ones.

    Args:
      lengths: history length of every user.
      count: how many to choose; all are taken if there are fewer.
      seed: the same seed gives the same users.
      by: activity of every user, any finite number that grows with it.

    Raises:
      ValueError: `count` is less than 1, there is nobody to choose from, or `by` does not fit.
    """
    if count < 1:
        raise ValueError(f"count={count}: a cohort needs at least one user")
    if not len(lengths):
        raise ValueError("no users to choose from: pass at least one")
    order = np.argsort(np.asarray(lengths), kind="stable")
    count = min(count, len(order))
    strata = np.array_split(order, count) if by is None else _two_way(order, count, by)
    random = np.random.default_rng(seed)
    chosen = [int(random.choice(stratum)) for stratum in strata]
    return chosen if by is None else sorted(chosen, key=lambda user: lengths[user])


def _two_way(order: Users, count: int, by: ArrayLike) -> list[Users]:
    """Return `count` strata of `order`, which is sorted by length: bands, then activity."""
    activity = np.asarray(by, np.float64)
    if activity.shape != order.shape:
        raise ValueError(
            f"by of shape {list(activity.shape)} for {len(order)} users: give one number per user"
        )
    if not np.isfinite(activity).all():
        raise ValueError("by holds NaN or infinite values: give every user a number")
    strata: list[Users] = []
    for places in np.array_split(np.arange(count), math.isqrt(count)):
        first, last = (int(place) * len(order) // count for place in (places[0], places[-1] + 1))
        band = order[first:last]
        band = band[np.argsort(activity[band], kind="stable")]
        strata += np.array_split(band, len(places))
    return strata
