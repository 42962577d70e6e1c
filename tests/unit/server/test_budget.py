"""How much one request may compute."""

from __future__ import annotations

import itertools

import pytest

from tensorboard_plugin_attn.server.budget import Budget, spread
from tensorboard_plugin_attn.server.errors import RouteError


@pytest.mark.parametrize("limits", [{"cpu_s": -1.0}, {"wall_s": -1.0}])
def test_over_the_budget_is_a_503(limits: dict[str, float]) -> None:
    with pytest.raises(RouteError) as caught:
        Budget(**limits).check()
    assert (caught.value.status, caught.value.code) == (503, "timeout")


def test_within_the_budget_work_goes_on() -> None:
    Budget().check()


@pytest.mark.parametrize(("count", "most"), [(0, 5), (1, 1), (5, 5), (5, 1), (6, 5), (999, 200)])
def test_few_of_many_are_spread_evenly(count: int, most: int) -> None:
    places = spread(count, most)
    assert len(places) == min(count, most)
    assert places == sorted(set(places))
    assert all(0 <= place < count for place in places)
    if most > 1 and count > 0:
        assert (places[0], places[-1]) == (0, count - 1)
        gaps = [b - a for a, b in itertools.pairwise(places)]
        assert max(gaps, default=1) - min(gaps, default=1) <= 1
