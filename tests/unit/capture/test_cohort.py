"""Who is followed."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_attn import Cohort, User
from tensorboard_plugin_attn.capture.cohort import MAX_USERS, stratified


def test_two_users_with_one_id_are_refused_without_naming_the_id() -> None:
    with pytest.raises(ValueError, match="user 1 of the cohort is there twice") as raised:
        Cohort(users=(User("a"), User("secret-id"), User("secret-id")))
    assert "secret-id" not in str(raised.value)


def test_too_many_users_are_refused() -> None:
    with pytest.raises(ValueError, match=f"at most {MAX_USERS}"):
        Cohort(users=tuple(User(str(number)) for number in range(MAX_USERS + 1)))


lengths_lists = st.lists(st.integers(1, 300), min_size=1, max_size=60)


@given(lengths=lengths_lists, count=st.integers(1, 12), seed=st.integers(0, 9))
def test_stratified_users_are_distinct_and_sorted_by_length(
    lengths: list[int], count: int, seed: int
) -> None:
    chosen = stratified(lengths, count, seed)
    assert len(set(chosen)) == len(chosen) == min(count, len(lengths))
    assert [lengths[user] for user in chosen] == sorted(lengths[user] for user in chosen)
    assert chosen == stratified(lengths, count, seed)


@given(count=st.integers(2, 10))
def test_stratified_users_spread_over_all_lengths(count: int) -> None:
    lengths = list(range(100))
    chosen = stratified(lengths, count)
    gaps = [later - earlier for earlier, later in itertools.pairwise(chosen)]
    assert max(gaps) <= 2 * 100 / count + 1


def test_a_cohort_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        stratified([3, 4], 0)
