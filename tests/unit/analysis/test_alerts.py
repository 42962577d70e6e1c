"""Alerts begin and end once, and say what the tab says."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_attn.analysis import alerts
from tensorboard_plugin_attn.analysis.alerts import LIMITS, AlertTracker, Change, Reading

EVEN = 4.0
NAN = float("nan")


def reading(
    entropy: float = 2.0,
    sink: float = 0.1,
    alike: float = 0.5,
    importance: float = NAN,
    even: float = EVEN,
) -> Reading:
    """Return one head of interest beside a sound one."""

    def beside(value: float, sound: float) -> alerts.Floats:
        return np.array([value, sound], np.float32)

    return Reading(
        beside(entropy, 2.0),
        beside(sink, 0.1),
        beside(alike, 0.5),
        beside(importance, 1.0),
        even,
    )


def changes_over(readings: list[Reading]) -> list[tuple[int, int, str, bool]]:
    """Return `(place, head, kind, began)` of every change."""
    tracker = AlertTracker(2)
    return [
        (place, change.head, change.kind, change.began)
        for place, step in enumerate(readings)
        for change in tracker.observe(step)
    ]


BAD = {
    "collapsed": reading(entropy=0.05),
    "uniform": reading(entropy=3.95),
    "dead": reading(entropy=3.95, importance=0.001),
    "sink": reading(sink=0.9),
    "duplicate": reading(alike=0.99),
}


@pytest.mark.parametrize("kind", BAD)
def test_an_alert_begins_once_and_ends_once(kind: str) -> None:
    found = changes_over([BAD[kind]] * 30 + [reading(importance=1.0)] * 60)
    found = [change for change in found if change[2] != "sudden"]
    assert [change[1:] for change in found] == [(0, kind, True), (0, kind, False)]
    assert found[0][0] == LIMITS.fewest_steps - 1
    assert found[1][0] > 30


@pytest.mark.parametrize("kind", BAD)
def test_few_steps_and_few_bad_ones_say_nothing(kind: str) -> None:
    few = [BAD[kind]] * (LIMITS.fewest_steps - 1)
    assert changes_over(few) == []
    rare = [BAD[kind] if place % 4 == 0 else reading() for place in range(100)]
    assert [change for change in changes_over(rare) if change[2] != "sudden"] == []


def test_values_around_the_limit_do_not_flicker() -> None:
    """Four of five recent steps begin it; three of five do not end it, nor begin another."""
    pattern = [True] * 8 + [True, True, False, True, False] * 40
    steps = [BAD["sink"] if bad else reading() for bad in pattern]
    assert len(changes_over(steps)) == 1


def test_a_head_that_is_dead_is_not_called_uniform_too() -> None:
    assert {kind for _, _, kind, _ in changes_over([BAD["dead"]] * 10)} == {"dead"}


def test_importance_is_remembered_until_it_is_known_again() -> None:
    steps = [BAD["dead"], *[BAD["uniform"]] * 20]
    assert [change[1:] for change in changes_over(steps)] == [(0, "dead", True)]


def test_a_uniform_head_or_a_sink_is_not_called_a_duplicate_too() -> None:
    uniform = reading(entropy=3.95, alike=1.0)
    sink = reading(sink=0.9, alike=1.0)
    assert {change[2] for change in changes_over([uniform] * 10)} == {"uniform"}
    assert {change[2] for change in changes_over([sink] * 10)} == {"sink"}


def test_a_sudden_change_is_told_at_once_and_once() -> None:
    steps = [reading(entropy=1.0)] * 3 + [reading(entropy=2.1)] * 30
    found = changes_over(steps)
    assert found[0] == (3, 0, "sudden", True)
    assert [change[1:] for change in found] == [(0, "sudden", True), (0, "sudden", False)]


def test_slow_change_is_not_sudden() -> None:
    assert changes_over([reading(entropy=bits) for bits in np.linspace(0.5, 3.5, 40)]) == []


def test_one_key_says_nothing() -> None:
    lonely = reading(entropy=0.0, sink=1.0, alike=1.0, even=0.0)
    assert changes_over([lonely] * 20) == []


def test_an_alert_says_the_mean_and_over_how_many_steps() -> None:
    tracker = AlertTracker(2)
    found: list[Change] = []
    for sink in (0.85, 0.9, 0.95, 0.9, 0.85):
        found += tracker.observe(reading(sink=sink))
    assert [(change.kind, change.steps) for change in found] == [("sink", 5)]
    assert found[0].value == pytest.approx(0.89)
    assert tracker.active() == [(0, "sink")]


@given(
    st.lists(st.tuples(st.sampled_from([*BAD, "sound"]), st.integers(1, 40)), max_size=8),
)
def test_changes_alternate_whatever_happens(stretches: list[tuple[str, int]]) -> None:
    tracker = AlertTracker(2)
    active: set[tuple[int, str]] = set()
    for name, count in stretches:
        for _ in range(count):
            for change in tracker.observe(BAD.get(name, reading())):
                who = (change.head, change.kind)
                assert change.began == (who not in active)
                active ^= {who}
            assert active == set(tracker.active())


@given(seen=st.integers(1, 1000))
def test_recent_is_the_last_fifth_within_bounds(seen: int) -> None:
    wanted = min(seen, LIMITS.most_steps, max(LIMITS.fewest_steps, math.ceil(seen / 5)))
    assert alerts.recent_steps(seen) == wanted


@pytest.mark.parametrize(
    ("queries", "keys", "causal", "bits"),
    [(4, 8, False, 3.0), (2, 2, True, 0.5), (1, 1, True, 0.0), (1, 8, True, 3.0)],
)
def test_even_attention_has_the_entropy_of_its_keys(
    queries: int, keys: int, causal: bool, bits: float
) -> None:
    assert alerts.uniform_bits(queries, keys, causal=causal) == pytest.approx(bits)
