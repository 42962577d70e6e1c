"""Which items stand along the axes of a user's attention, so that two runs can be compared.

Runs number their items as they come up; only ids say what is the same. An axis that the catalogue
does not list is not known, which is not the same as equal.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.reading.catalogue import Catalogue

# Item attributes that name a category, the first that an item has; several are separated by these.
CATEGORY_ATTRIBUTES = ("category", "categories", "genre", "genres", "topic")
SEPARATORS = ("|", ";", ",")


def item_ids(catalogue: Catalogue, user: int, axis: str, first: int, count: int) -> list[str]:
    """Return ids of `count` items from place `first` on; empty if the axis is not known.

    Places before the axis are padding, the empty id.
    """
    return [item.id if item else "" for item in _items(catalogue, user, axis, first, count)]


def categories(
    catalogue: Catalogue, user: int, axis: str, first: int, count: int
) -> list[Collection[str]] | None:
    """Return categories of `count` items from place `first` on; `None` if no item has any."""
    found = [
        categories_of(item) if item else () for item in _items(catalogue, user, axis, first, count)
    ]
    return found if any(found) else None


def categories_of(item: pb.Item) -> Collection[str]:
    """Return the categories among an item's attributes."""
    for name in CATEGORY_ATTRIBUTES:
        if text := item.attributes.get(name, ""):
            for separator in SEPARATORS:
                text = text.replace(separator, "|")
            return {part.strip() for part in text.split("|")} - {""}
    return ()


def _items(
    catalogue: Catalogue, user: int, axis: str, first: int, count: int
) -> Sequence[pb.Item | None]:
    if user >= len(catalogue.users) or axis not in catalogue.users[user].axes:
        return []
    numbers = catalogue.users[user].axes[axis].items
    places = range(first, first + count)
    if not places or places[-1] >= len(numbers):
        return []  # more places than the axis has: the catalogue is of another attempt
    items = catalogue.items
    return [
        items[numbers[place]] if place >= 0 and numbers[place] < len(items) else None
        for place in places
    ]


def common_end(a: Sequence[str], b: Sequence[str]) -> int:
    """Return how many ids at the newest end are the same; 0 unless one list ends the other."""
    count = min(len(a), len(b))
    return count if count and list(a[-count:]) == list(b[-count:]) else 0
