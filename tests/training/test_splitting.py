"""A split never shows what it asks for; a split by time shows nobody the future of anybody."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.preprocessing.splitting import global_time_split, leave_one_out, time_cuts

Histories = list[list[int]]
# Times of each user; items are numbered so that each interaction has its own.
histories = st.lists(
    st.lists(st.integers(0, 50), min_size=1, max_size=12).map(sorted), min_size=1, max_size=10
)


def numbered(times: Histories) -> tuple[list[np.ndarray], list[np.ndarray], dict[int, int]]:
    """Return sequences, timestamps, and the time of every item."""
    time_of = dict(enumerate((time for user in times for time in user), 1))
    ends = np.cumsum([len(user) for user in times])[:-1]
    items = np.split(np.arange(1, len(time_of) + 1, dtype=np.int32), ends)
    return list(items), [np.array(user, np.float64) for user in times], time_of


@given(times=histories, begin=st.integers(1, 40), length=st.integers(1, 20))
def test_split_by_time_shows_nobody_the_future(times: Histories, begin: int, length: int) -> None:
    sequences, timestamps, time_of = numbered(times)
    split = global_time_split(sequences, timestamps, (begin, begin + length))
    learned = [time_of[item] for items in split.training_sequences for item in items.tolist()]
    validated = [time_of[item] for item in split.validation.tolist()]
    tested = [time_of[item] for item in split.test.tolist()]
    assert all(time < begin for time in learned)
    assert all(begin <= time < begin + length for time in validated)
    assert all(time >= begin + length for time in tested)
    for history, item in zip(split.test_histories, split.test.tolist(), strict=True):
        assert all(time_of[seen] < begin + length for seen in history.tolist())
        assert item not in history


@given(times=histories, begin=st.integers(1, 40), length=st.integers(1, 20))
def test_split_by_time_learns_from_everything_before(
    times: Histories, begin: int, length: int
) -> None:
    sequences, timestamps, time_of = numbered(times)
    split = global_time_split(sequences, timestamps, (begin, begin + length))
    learned = {item for items in split.training_sequences for item in items.tolist()}
    assert learned == {item for item, time in time_of.items() if time < begin}
    assert not set(split.users) & set(split.other_users)
    for user, count in enumerate(split.training_lengths(len(times))):
        assert count == sum(time < begin for time in times[user])


@given(times=histories)
def test_leave_one_out_tests_what_is_newest(times: Histories) -> None:
    sequences, _, time_of = numbered(times)
    split = leave_one_out(sequences)
    for place, items in enumerate(split.train):
        newest = max(time_of[item] for item in items.tolist())
        validation, test = (time_of[int(held[place])] for held in (split.validation, split.test))
        assert newest <= validation <= test
        assert split.test_histories[place].tolist() == [*items.tolist(), split.validation[place]]
        assert split.test_histories[place].dtype == np.int32


def test_a_user_who_is_only_there_early_is_still_learned_from() -> None:
    sequences, timestamps, _ = numbered([[1, 2, 9, 10, 20], [3], [30]])
    split = global_time_split(sequences, timestamps, (5, 15))
    assert (split.users, split.other_users) == ([0], [1])
    assert (split.validation.tolist(), split.test.tolist()) == ([3], [5])
    assert split.between[0].tolist() == [4]
    assert split.test_histories[0].tolist() == [1, 2, 3, 4]


def test_cuts_leave_about_the_shares() -> None:
    begin, test = time_cuts([np.arange(0.0, 60.0), np.arange(60.0, 100.0)], 0.2, 0.1)
    assert (begin, test) == (70.0, 90.0)


def test_times_that_are_all_the_same_cannot_be_split() -> None:
    with pytest.raises(ValueError, match=r"share a time .* leave_one_out"):
        time_cuts([np.zeros(10)])
    with pytest.raises(ValueError, match="must leave some for training"):
        time_cuts([np.arange(10.0)], 0.5, 0.5)
