"""Fences are where their definitions say, and outliers cannot move them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.preprocessing.outliers import Fence, InterquartileRange, RobustZScore


def test_robust_z_score_is_its_definition() -> None:
    values = np.array([1.0, 2.0, 3.0, 4.0, 100.0])  # median 3, deviations 2 1 0 1 97: 1
    assert RobustZScore("x", limit=2).bounds(values) == pytest.approx(
        (3 - 2 * 1.4826, 3 + 2 * 1.4826)
    )


def test_without_a_median_deviation_the_mean_deviation_takes_its_place() -> None:
    values = np.array([5.0] * 9 + [15.0])  # mean deviation 1
    assert RobustZScore("x", limit=2).bounds(values) == pytest.approx((5 - 2.5066, 5 + 2.5066))


def test_interquartile_range_is_its_definition() -> None:
    values = np.arange(1.0, 6.0)  # quartiles 2 and 4
    assert InterquartileRange("x", limit=1.5).bounds(values) == (-1.0, 7.0)


@pytest.mark.parametrize("fence", [RobustZScore("x"), InterquartileRange("x")])
@pytest.mark.parametrize("values", [[], [np.nan], [7.0] * 5])
def test_without_spread_there_is_no_fence(fence: Fence, values: list[float]) -> None:
    assert fence.bounds(np.array(values)) == (-np.inf, np.inf)


def test_a_logarithmic_fence_is_in_the_values_own_unit() -> None:
    values = np.expm1(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    low, high = InterquartileRange("x", limit=1.0, logarithm=True).bounds(values)
    assert (low, high) == pytest.approx((np.expm1(0.0), np.expm1(6.0)))


@given(
    ordinary=st.lists(st.floats(1, 100), min_size=20, max_size=60),
    wild=st.lists(st.floats(1e6, 1e12), min_size=1, max_size=5),
    fence=st.sampled_from([RobustZScore("x"), InterquartileRange("x")]),
)
def test_a_few_wild_values_are_outside_of_their_own_fence(
    ordinary: list[float], wild: list[float], fence: Fence
) -> None:
    values = np.array(ordinary + wild)
    low, high = fence.bounds(values)
    # The mean deviation, which stands in when most values are equal, is not robust.
    has_deviation = np.median(np.abs(values - np.median(values))) > 0
    if has_deviation and np.quantile(ordinary, 0.25) < np.quantile(ordinary, 0.75):
        assert high < 1e6
    assert low <= np.median(values) <= high
