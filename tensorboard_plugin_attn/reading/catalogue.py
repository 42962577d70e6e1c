"""The cohort's users, items and numbered axes of one run, merged from all its catalogue events.

Each attempt numbers its items as they come up, so the same number may mean different items in two
attempts. Here an item has one number per run, found by its id. Axes keep the number their attempt
gave them, because that is what its frames refer to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError

from tensorboard_plugin_attn import attn_pb2 as pb


@dataclass
class Catalogue:
    """Users in cohort order (of the newest attempt), and all items by the run's own number.

    `listed` are the numbers of items that users, targets or recommendations refer to; the others
    stand on numbered axes only.
    """

    users: list[pb.User] = field(default_factory=list)
    items: list[pb.Item] = field(default_factory=list)
    listed: set[int] = field(default_factory=set)
    _number: dict[str, int] = field(default_factory=dict)  # item id -> number in the run
    _of_attempt: dict[tuple[str, int], int] = field(default_factory=dict)
    _axes: dict[tuple[str, int], tuple[int, ...]] = field(default_factory=dict)
    _users: dict[str, list[pb.User]] = field(default_factory=dict)  # of each attempt

    def merge(self, attempt: str, blob: bytes) -> None:
        """Take in one catalogue event's blob; events come oldest first.

        Raises:
          ValueError: the blob is not a catalogue.
        """
        try:
            part = pb.Catalogue.FromString(blob)
        except DecodeError as error:
            raise ValueError("a catalogue is not a message") from error
        for item in part.items:
            number = self._of_attempt[attempt, item.index] = self._add(item)
            if not part.axes:
                self.listed.add(number)
        for axis in part.axes:
            numbers = (self.number(attempt, index) for index in axis.items)
            self._axes[attempt, axis.number] = tuple(-1 if n is None else n for n in numbers)
        if part.users:
            self.users = [self._renumbered(attempt, user) for user in part.users]
            self._users[attempt] = self.users

    def number(self, attempt: str, index: int) -> int | None:
        """Return the run's number of what `attempt` calls item `index`."""
        return self._of_attempt.get((attempt, index))

    def axis(self, attempt: str, number: int) -> tuple[int, ...] | None:
        """Return the run's numbers of the items on an axis; -1 where an item is not known."""
        return self._axes.get((attempt, number))

    def user_of(self, attempt: str, index: int) -> pb.User | None:
        """Return what `attempt` said of user `index`, in the run's numbers; `None` if nothing."""
        users = self._users.get(attempt, [])
        return users[index] if index < len(users) else None

    def copy(self) -> Catalogue:
        """Return a catalogue to merge more into, while others read this one."""
        return Catalogue(
            list(self.users),
            list(self.items),
            set(self.listed),
            dict(self._number),
            dict(self._of_attempt),
            dict(self._axes),
            dict(self._users),
        )

    def _add(self, item: pb.Item) -> int:
        number = self._number.setdefault(item.id, len(self.items))
        kept = pb.Item()
        kept.CopyFrom(item)
        kept.index = number
        if number == len(self.items):
            self.items.append(kept)
        else:
            self.items[number] = kept
        return number

    def _renumbered(self, attempt: str, user: pb.User) -> pb.User:
        renumbered = pb.User()
        renumbered.CopyFrom(user)
        for name, axis in user.axes.items():
            numbers = (self.number(attempt, index) for index in axis.items)
            renumbered.axes[name].items[:] = [n for n in numbers if n is not None]
        target = self.number(attempt, user.target_item)
        renumbered.has_target = user.has_target and target is not None
        renumbered.target_item = target or 0
        return renumbered


def merged(blobs: Sequence[tuple[str, bytes]], known: Catalogue | None = None) -> Catalogue:
    """Return the catalogue of `(attempt, blob)`, oldest first; what is no catalogue is left out.

    Args:
      known: what came before, which is left as it is.
    """
    catalogue = known.copy() if known else Catalogue()
    for attempt, blob in blobs:
        try:
            catalogue.merge(attempt, blob)
        except ValueError:
            continue
    return catalogue


def unnamed_users(count: int) -> list[pb.User]:
    """Return users for a log without a cohort: numbered, with no axes."""
    return [pb.User(label=f"User {number + 1}") for number in range(count)]
