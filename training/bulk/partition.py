"""Who is counted together: segments of at least k users each, and what may be said of their size.

A partition, so every published number is a sum over whole groups, none of which is smaller than k:
no difference of two of them is about fewer people. It is nested: with more columns at the end, or
with another k, groups are only split or joined whole, so that two such releases over the same users
cannot be subtracted to get at fewer than the smaller k either. It adds no noise, and does not hide
what all members of a group have in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

Segment = tuple[str, ...]  # a user's value in each segment column
Group = tuple[str | None, ...]  # as many values as could be kept apart; `None`: all rare ones

MIN_K, DEFAULT_K = 5, 20
COUNT_STEP = 5
REST = "(any other)"
EVERYONE = "everyone"


def partition(counts: Mapping[Segment, int], k: int) -> dict[Segment, Group]:
    """Return the group of each segment; every group has at least `k` users.

    Column by column: values with fewer than `k` users are joined; if they are still too few, the
    next larger value is joined too. What cannot be split this way is not split.

    Args:
      counts: users with exactly these values in the segment columns.
      k: the smallest group, at least `MIN_K`.

    Raises:
      ValueError: `k` is too small, or there are fewer than `k` users in all.
    """
    if k < MIN_K:
        raise ValueError(f"k={k}: groups of fewer than {MIN_K} people are never published")
    if (users := sum(counts.values())) < k:
        raise ValueError(f"fewer than k={k} users ({users}): nothing can be published of them")
    return dict(_split(counts, (), k))


def _split(counts: Mapping[Segment, int], group: Group, k: int) -> Iterator[tuple[Segment, Group]]:
    """Yield each segment of `group` with the group it ends in."""
    depth = len(group)
    columns = len(next(iter(counts)))
    by_value: dict[str, dict[Segment, int]] = {}
    if depth < columns:
        for segment, count in counts.items():
            by_value.setdefault(segment[depth], {})[segment] = count
    rare = _rare({value: sum(part.values()) for value, part in by_value.items()}, k)
    if len(rare) == len(by_value):
        yield from ((segment, group) for segment in counts)
        return
    for value, part in by_value.items():
        if value in rare:
            yield from ((segment, (*group, None)) for segment in part)
        else:
            yield from _split(part, (*group, value), k)


def _rare(users_of: Mapping[str, int], k: int) -> frozenset[str]:
    """Return the values to be joined: those below `k`, and the next larger until they are `k`."""
    rare: list[str] = []
    joined = 0
    for value in sorted(users_of, key=lambda value: (users_of[value], value)):
        if users_of[value] >= k and (not rare or joined >= k):
            break
        rare.append(value)
        joined += users_of[value]
    return frozenset(rare)


def at_least(count: int) -> int:
    """Return `count` rounded down to a multiple of 5: the only size that is published."""
    return count - count % COUNT_STEP


def label(group: Group, columns: Sequence[str], users: int) -> str:
    """Return what a group is called, such as `segment: country=France (n≥55)`."""
    return f"segment: {name(group, columns)} (n≥{at_least(users)})"


def name(group: Group, columns: Sequence[str]) -> str:
    """Return a group's values, such as `country=France, plan=(any other)`."""
    named = zip(columns, group, strict=False)  # a group may end before the columns do
    parts = [f"{column}={REST if value is None else value}" for column, value in named]
    return ", ".join(parts) or EVERYONE
