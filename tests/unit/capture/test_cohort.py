"""Who is followed."""

from __future__ import annotations

import itertools

import numpy as np
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


def people(count: int) -> list[User]:
    return [User(f"u{n}", history=[str(item) for item in range(n + 1)]) for n in range(count)]


def test_selected_users_keep_their_own_rows_of_every_input() -> None:
    inputs = {"items": np.arange(600)[:, None] * [1, 1], "more": (np.arange(600),)}
    chosen = Cohort.select(people(600), 5, inputs=inputs, seed=3)
    numbers = [int(user.id[1:]) for user in chosen.users]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 5
    assert chosen.inputs["items"].tolist() == [[number, number] for number in numbers]
    assert chosen.inputs["more"][0].tolist() == numbers
    assert chosen == Cohort.select(people(600), 5, seed=3)


def test_selecting_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="pass at least one"):
        Cohort.select([])
    with pytest.raises(ValueError, match=r"shape \[2, 3\] for 4 users: give one row per user"):
        Cohort.select(people(4), inputs=np.zeros((2, 3)))


def three() -> Cohort:
    return Cohort(
        users=(User("a", ["1"]), User("b", ["2"]), User("c", ["3"])),
        inputs={"items": np.arange(6).reshape(3, 2)},
    )


@pytest.mark.parametrize("users", [["a", "c"], [0, 2], ["c", 0, "a"]])
def test_a_part_of_a_cohort_keeps_order_and_inputs(users: list[int | str]) -> None:
    part = three().only(users)
    assert [user.id for user in part.users] == ["a", "c"]
    np.testing.assert_array_equal(part.inputs["items"], [[0, 1], [4, 5]])


def test_a_part_of_a_cohort_without_inputs_has_none() -> None:
    assert Cohort(users=(User("a"), User("b"))).only(["b"]).inputs is None


@pytest.mark.parametrize("users", [[], ["d"], [3], [-1], ["a", "nobody"]])
def test_users_who_are_not_in_the_cohort_are_refused(users: list[int | str]) -> None:
    with pytest.raises(ValueError, match="give ids of the cohort's users, or their places from 0"):
        three().only(users)
