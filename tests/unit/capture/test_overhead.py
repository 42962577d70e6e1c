"""What logging may cost is kept, evenly."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_attn.capture.overhead import Overhead


@dataclass
class Clock:
    """A clock that stands still between the times it is moved."""

    now_s: float = 100.0

    def __call__(self) -> float:
        return self.now_s


def simulate(
    limit: float | None,
    steps: int,
    *,
    training_s: Callable[[int], float] = lambda step: 0.010,
    logging_s: Callable[[int], float] = lambda step: 0.003,
    tracing_s: float = 2.0,
) -> tuple[list[int], Overhead]:
    """Return the logged steps, from 1, of a training with these costs."""
    clock = Clock()
    overhead = Overhead(limit, clock)
    overhead.begin()
    logged = []
    for step in range(1, steps + 1):
        clock.now_s += training_s(step)
        if overhead.affords():
            spent_s = logging_s(step) if logged else tracing_s
            clock.now_s += spent_s
            overhead.logged(spent_s)
            logged.append(step)
    return logged, overhead


def test_without_a_limit_every_step_is_logged() -> None:
    logged, overhead = simulate(None, 100)
    assert logged == list(range(1, 101))
    assert overhead.cost().overhead > 0.2


def test_what_can_be_afforded_is_logged_at_every_step() -> None:
    logged, overhead = simulate(0.05, 200, logging_s=lambda step: 0.0004)
    assert logged == list(range(1, 201))
    assert overhead.cost().thinned_steps == 0


def test_steps_that_cost_six_times_too_much_are_logged_each_sixth_time() -> None:
    logged, overhead = simulate(0.05, 300)
    gaps = [after - before for before, after in itertools.pairwise(logged[2:])]
    assert set(gaps) <= {6, 7}
    cost = overhead.cost()
    assert cost.overhead <= 0.05
    assert cost.logged_steps + cost.thinned_steps == 300
    assert cost.logged_steps == len(logged)


@given(
    limit=st.floats(0.01, 0.5),
    seed=st.integers(0, 99),
    costs_ms=st.tuples(st.floats(0.1, 20), st.floats(0.1, 50)),
)
def test_the_limit_holds_at_every_step_once_a_cost_was_measured(
    limit: float, seed: int, costs_ms: tuple[float, float]
) -> None:
    draw = random.Random(seed)
    training_ms, logging_ms = costs_ms
    clock = Clock()
    overhead = Overhead(limit, clock)
    overhead.begin()
    highest_s = 0.0
    for step in range(400):
        clock.now_s += training_ms / 1e3 * draw.uniform(0.5, 2)
        if overhead.affords():
            spent_s = logging_ms / 1e3 * draw.uniform(0.5, 2)
            clock.now_s += spent_s
            overhead.logged(spent_s)
            highest_s = max(highest_s, spent_s) if step else 0.0
            cost = overhead.cost()
            without_s = cost.training_s - cost.logging_s
            # At most one step dearer than the mean, of which nothing was known before.
            assert cost.logging_s - cost.tracing_s <= limit * without_s + highest_s + 1e-9


def test_compiling_the_probe_is_told_and_not_held_against_the_limit() -> None:
    logged, overhead = simulate(0.05, 300, logging_s=lambda step: 0.0004, tracing_s=50.0)
    assert logged == list(range(1, 301))
    assert overhead.cost().tracing_s == 50.0
    assert overhead.cost().overhead == pytest.approx(299 * 0.0004 / 3)


def test_a_slow_start_of_the_training_is_training_too() -> None:
    """What it allows is spent on the early steps, which change most."""
    logged, overhead = simulate(
        0.05, 600, training_s=lambda step: 3.0 if step == 1 else 0.010, logging_s=lambda step: 0.002
    )
    assert logged[:60] == list(range(1, 61))
    gaps = [after - before for before, after in itertools.pairwise(logged[-50:])]
    assert set(gaps) <= {3, 4, 5}
    assert overhead.cost().overhead <= 0.05


def test_after_a_pause_of_the_training_steps_stay_spread() -> None:
    """Validation takes time too; what it allows is not spent in one burst after it."""
    logged, overhead = simulate(
        0.05, 400, training_s=lambda step: 0.5 if step % 100 == 0 else 0.010
    )
    gaps = [after - before for before, after in itertools.pairwise(logged[2:])]
    assert min(gaps) >= 3
    assert overhead.cost().overhead <= 0.05


def test_when_logging_gets_cheaper_more_is_logged() -> None:
    logged, _ = simulate(0.05, 2000, logging_s=lambda step: 0.02 if step < 200 else 0.0001)
    assert len([step for step in logged if step <= 200]) < 10
    assert logged[-5:] == list(range(1996, 2001))


def test_a_refused_step_that_is_logged_all_the_same_is_no_thinned_step() -> None:
    clock = Clock()
    overhead = Overhead(0.01, clock)
    overhead.begin()
    for _ in range(2):
        clock.now_s += 0.01
        assert overhead.affords()
        overhead.logged(0.01)
    clock.now_s += 0.01
    assert not overhead.affords()
    assert overhead.cost().thinned_steps == 1
    overhead.take_back()
    overhead.logged(0.01)
    assert (overhead.cost().thinned_steps, overhead.cost().logged_steps) == (0, 3)


def test_a_clock_that_stands_still_stops_nothing() -> None:
    overhead = Overhead(0.05, Clock())
    overhead.begin()
    for _ in range(3):
        assert overhead.affords()
        overhead.logged(0.0)


@pytest.mark.parametrize("limit", [0, -0.1, float("nan")])
def test_a_limit_that_is_none_is_refused(limit: float) -> None:
    with pytest.raises(ValueError, match="give a share of the training's time"):
        Overhead(limit, Clock())
