"""Who is counted together: never fewer than k, whatever is subtracted from what."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.bulk.partition import (
    EVERYONE,
    MIN_K,
    REST,
    Group,
    Segment,
    at_least,
    label,
    name,
    partition,
)

ks = st.integers(MIN_K, 30)


@st.composite
def populations(draw: st.DrawFn, columns: int = 3) -> list[Segment]:
    """Return the segment of each user: skewed, as countries and plans are."""
    values = [draw(st.integers(1, 6)) for _ in range(columns)]
    sizes = draw(
        st.dictionaries(
            st.tuples(*(st.integers(0, count - 1).map(str) for count in values)),
            st.one_of(st.integers(1, 4), st.integers(1, 60)),
            min_size=1,
            max_size=25,
        )
    )
    return [segment for segment, size in sizes.items() for _ in range(size)]


def groups_of(users: list[Segment], columns: int, k: int) -> list[Group]:
    """Return the group of each user when `columns` are given."""
    cut = [segment[:columns] for segment in users]
    found = partition(Counter(cut), k)
    return [found[segment] for segment in cut]


def enough(users: list[Segment], k: int) -> bool:
    return len(users) >= k


@given(populations(), ks)
def test_every_group_has_k_users_and_everyone_is_in_one(users: list[Segment], k: int) -> None:
    if not enough(users, k):
        with pytest.raises(ValueError, match=f"fewer than k={k} users"):
            partition(Counter(users), k)
        return
    sizes = Counter(groups_of(users, 3, k))
    assert sum(sizes.values()) == len(users)
    assert min(sizes.values()) >= k


@given(populations(), ks)
def test_a_group_is_what_it_is_called(users: list[Segment], k: int) -> None:
    if not enough(users, k):
        return
    groups = groups_of(users, 3, k)
    named = Counter(users)
    for user, group in zip(users, groups, strict=True):
        for value, said in zip(user, group, strict=False):
            assert said in (value, None)
    for group in set(groups):  # a segment under its full name has all users with these values
        if None not in group:
            everyone = sum(n for segment, n in named.items() if segment[: len(group)] == group)
            assert groups.count(group) == everyone


@given(populations(), st.lists(st.tuples(st.integers(0, 3), ks), min_size=1, max_size=4))
def test_releases_with_more_columns_or_another_k_cannot_be_subtracted(
    users: list[Segment], releases: list[tuple[int, int]]
) -> None:
    """Who is in the same group in every release cannot be told apart by any combination of sums.

    So the smallest set of people that any arithmetic on the releases can be about is the smallest
    of these classes.
    """
    if not enough(users, max(k for _, k in releases)):
        return
    joint = zip(*(groups_of(users, columns, k) for columns, k in releases), strict=True)
    classes = Counter(joint)
    assert min(classes.values()) >= min(k for _, k in releases)


@given(populations(), ks, st.randoms())
def test_the_order_of_users_changes_nothing(users: list[Segment], k: int, random: object) -> None:
    if not enough(users, k):
        return
    shuffled = list(users)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert partition(Counter(shuffled), k) == partition(Counter(users), k)


def test_columns_in_another_order_can_be_subtracted_which_is_why_it_is_not_promised() -> None:
    users = [("a", "x")] * 30 + [("a", "y")] * 2 + [("b", "y")] * 30
    by_first = Counter(groups_of(users, 1, 20))
    by_second = Counter(groups_of([(second, first) for first, second in users], 1, 20))
    assert by_first[("a",)] - by_second[("x",)] == 2


def test_rare_values_are_joined_and_the_next_larger_with_them() -> None:
    counts = {("France",): 57, ("Spain",): 25, ("Malta",): 12, ("Chile",): 1}
    found = partition(counts, 20)
    assert found[("France",)] == ("France",)
    assert found[("Malta",)] == found[("Chile",)] == found[("Spain",)] == (None,)


def test_what_cannot_be_split_is_not() -> None:
    counts = {("France", "free"): 30, ("France", "pro"): 3, ("Spain", "pro"): 40}
    found = partition(counts, 20)
    assert found == {
        ("France", "free"): ("France",),
        ("France", "pro"): ("France",),
        ("Spain", "pro"): ("Spain", "pro"),
    }


def test_names_and_sizes_that_are_said() -> None:
    columns = ("country", "plan")
    assert label(("France",), columns, 57) == "segment: country=France (n≥55)"
    assert name(("France", None), columns) == f"country=France, plan={REST}"
    assert name((), columns) == EVERYONE
    assert [at_least(count) for count in (20, 24, 25, 57)] == [20, 20, 25, 55]
    assert all(at_least(int(n)) <= n < at_least(int(n)) + 5 for n in np.arange(5, 200))


def test_a_k_that_protects_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer than 5 people"):
        partition({("France",): 100}, 4)
