"""The cohort's mean and maximum against a loop over cells counted back from the newest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_attn.analysis.aggregation import NewestAligned
from tests.fixtures.logs import attention

cohorts = st.lists(
    st.builds(
        lambda size, extra, seed: attention(1, 2, size, size + extra, seed=seed)[0],
        size=st.integers(1, 5),
        extra=st.integers(0, 3),
        seed=st.integers(0, 500),
    ),
    min_size=1,
    max_size=5,
)


def collected(users: list[np.ndarray]) -> NewestAligned:
    queries, keys = (max(user.shape[axis] for user in users) for axis in (1, 2))
    found = NewestAligned(2, queries, keys)
    for user in users:
        found.add(user)
    return found


@given(users=cohorts)
def test_every_cell_is_the_mean_over_the_users_that_have_its_query(users: list[np.ndarray]) -> None:
    found = collected(users)
    mean, most = found.mean(), found.maximum()
    heads, queries, keys = mean.shape
    for head in range(heads):
        for query in range(1, queries + 1):
            there = [user[head] for user in users if user.shape[1] >= query]
            assert found.users_of_query[-query] == len(there)
            for key in range(1, keys + 1):
                values = [float(u[-query, -key]) if u.shape[1] >= key else 0.0 for u in there]
                assert mean[head, -query, -key] == pytest.approx(np.mean(values), abs=1e-6)
                assert most[head, -query, -key] == pytest.approx(max(values))


@given(users=cohorts)
def test_rows_of_the_mean_sum_to_1(users: list[np.ndarray]) -> None:
    assert collected(users).mean().sum(axis=2) == pytest.approx(1, abs=1e-5)


def test_one_user_is_their_own_mean() -> None:
    user = attention(1, 2, 4)[0]
    assert collected([user]).mean() == pytest.approx(user)


def test_causal_users_have_a_causal_mean() -> None:
    mean = collected([attention(1, 2, size, seed=size)[0] for size in (2, 5, 3)]).mean()
    assert np.array_equal(mean, np.tril(mean))


@pytest.mark.parametrize("shape", [(3, 2, 2), (2, 5, 2), (2, 2, 5)])
def test_what_does_not_fit_is_an_error(shape: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        NewestAligned(2, 4, 4).add(np.ones(shape))
