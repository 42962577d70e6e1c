from __future__ import annotations

import itertools

import pytest

from benchmarks.runner import Contender, Spread, interleave, paired_ratio, ratios, seconds


def test_contenders_take_turns_and_warm_ups_do_not_count() -> None:
    order: list[str] = []
    cost = itertools.count()

    def contender(name: str) -> Contender:
        def once() -> float:
            order.append(name)
            return float(next(cost))

        return Contender(name, once)

    costs = interleave([contender("a"), contender("b"), contender("c")], runs=2, warm_ups=1)

    assert order == ["a", "b", "c"] * 3
    assert costs == {"a": [3.0, 6.0], "b": [4.0, 7.0], "c": [5.0, 8.0]}


def test_without_warm_up_the_first_round_counts() -> None:
    assert interleave([Contender("a", lambda: 7.0)], runs=1, warm_ups=0) == {"a": [7.0]}


def test_two_contenders_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="distinct names"):
        interleave([Contender("a", lambda: 1.0), Contender("a", lambda: 1.0)], runs=1)


def test_no_round_is_refused() -> None:
    with pytest.raises(ValueError, match="runs=0"):
        interleave([Contender("a", lambda: 1.0)], runs=0)


def test_a_failing_contender_is_not_swallowed() -> None:
    def fails() -> float:
        raise RuntimeError("not written")

    with pytest.raises(RuntimeError, match="not written"):
        interleave([Contender("a", fails)], runs=1)


def test_ratios_are_paired_before_the_median() -> None:
    # The machine is ten times slower in the last round, for both: the ratio does not see it.
    ours, other = [2.0, 3.0, 20.0], [1.0, 1.0, 10.0]
    assert paired_ratio(ours, other) == Spread(2.0, 2.0, 3.0)


def test_ratios_of_unequal_rounds_are_refused() -> None:
    with pytest.raises(ValueError):
        paired_ratio([1.0, 2.0], [1.0])


def test_the_reference_is_once_itself() -> None:
    found = ratios({"a": [4.0, 2.0], "b": [2.0, 4.0]}, "b")
    assert found["b"] == Spread(1.0, 1.0, 1.0)
    assert found["a"] == Spread(1.25, 0.5, 2.0)


def test_spread_of_an_even_number_is_the_middle() -> None:
    assert Spread.of([4.0, 1.0, 2.0, 3.0]) == Spread(2.5, 1.0, 4.0)


def test_json_keeps_four_digits() -> None:
    assert Spread(0.0123456, 123456.0, 1.0).as_json() == {
        "median": 0.01235,
        "min": 123500.0,
        "max": 1.0,
    }


def test_seconds_asks_the_clock_before_and_after() -> None:
    events: list[str] = []
    times = iter([10.0, 12.5])

    def clock() -> float:
        events.append("clock")
        return next(times)

    assert seconds(lambda: events.append("work"), clock)() == 2.5
    assert events == ["clock", "work", "clock"]
