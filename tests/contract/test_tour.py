"""The tour's figures are what the server says: its script on a log whose attention is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scripts import tour_figures, tour_orders
from scripts.tour_figures import Habit
from tests.fixtures import picture_log
from tests.fixtures.picture_log import LENGTHS, STEPS
from training.preprocessing.interactions import Interactions

LAST = STEPS[-1]
LAYER = len(picture_log.LAYERS) - 1


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a log of two runs in the demo's place."""
    return picture_log.write(tmp_path_factory.mktemp("log"))


@pytest.fixture
def told(log: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Habit, Habit]:
    """Return the head the tour would be about, and its partner."""
    monkeypatch.setattr(tour_figures, "RUN", "wide")
    monkeypatch.setattr(tour_figures, "OTHER_RUN", "narrow")
    _, _, own, partner, _ = tour_figures.story(log)
    return own, partner


def recency(step: int, head: int, run: str) -> float:
    """Return the mean over users of `Σ_k a[q, k] · (q - k)`, from the arrays themselves."""
    of_users = []
    for user, length in enumerate(LENGTHS):
        attention = picture_log.attention(step, LAYER, user, picture_log.RUNS[run])[head]
        queries, keys = np.mgrid[:length, :length]
        of_users.append((attention * (queries - keys)).sum(axis=1).mean())
    return float(np.mean(of_users))


def test_the_head_is_the_one_that_ends_nearest(told: tuple[Habit, Habit]) -> None:
    own, _ = told
    ends = [recency(LAST, head, "wide") for head in range(picture_log.HEADS)]
    assert own.head == int(np.argmin(ends))
    assert own.last_step == LAST
    assert own.last == pytest.approx(ends[own.head], rel=2e-3)


def test_the_steps_are_those_of_the_arrays(told: tuple[Habit, Habit]) -> None:
    own, partner = told
    for habit, run in ((own, "wide"), (partner, "narrow")):
        # One step was left out for all, at another the first user's frame was rejected.
        steps = [
            step
            for step in STEPS
            if step not in (picture_log.DROPPED_STEP, picture_log.REJECTED_STEP)
        ]
        of_head = [recency(step, habit.head, run) for step in steps]
        assert habit.away_step == steps[int(np.argmax(of_head))]
        assert habit.even == pytest.approx(np.mean([(length - 1) / 4 for length in LENGTHS]))


def test_what_a_head_looks_at_is_in_multiples_of_an_even_share(log: Path) -> None:
    tab = tour_figures.Tab(log)
    run = tour_figures.find_run(tab, "wide")
    found = tour_figures.by_distance(run, 1, LAST)
    attention = picture_log.attention(LAST, LAYER, 0, picture_log.RUNS["wide"])[1]
    first = tour_figures.NEAREST - 1
    own_place = [attention[query, query] * (query + 1) for query in range(first, LENGTHS[0])]
    assert len(found) == tour_figures.NEAREST
    assert found[0] == pytest.approx(np.mean(own_place), rel=0.05)


def test_a_log_without_the_demos_runs_is_refused_with_what_to_do(log: Path) -> None:
    with pytest.raises(SystemExit, match="make demo"):
        tour_figures.story(log)


def purchases(*users: tuple[str, list[float]]) -> Interactions:
    """Return users who bought the items named by letters at the given times."""
    letters = sorted({letter for items, _ in users for letter in items})
    number = {letter: place + 1 for place, letter in enumerate(letters)}
    return Interactions(
        sequences=[np.array([number[letter] for letter in items], np.int32) for items, _ in users],
        user_ids=[str(place) for place in range(len(users))],
        item_ids=["", *letters],
        item_titles=["", *letters],
        item_attributes=[{} for _ in range(len(letters) + 1)],
        user_attributes=[{} for _ in users],
        timestamps=[np.array(times) for _, times in users],
    )


def test_an_order_is_what_was_bought_in_one_minute() -> None:
    bought = purchases(("abcdef", [0, 0, 60, 60, 60, 600]), ("acf", [0, 1, 2]))
    assert tour_orders.orders(list("bcdef"), bought).tolist() == [0, 1, 1, 1, 2]


def test_a_history_that_nobody_or_several_have_is_refused() -> None:
    bought = purchases(("abc", [0, 0, 1]), ("xabc", [0, 0, 0, 0]))
    with pytest.raises(ValueError, match="2 customers"):
        tour_orders.orders(list("abc"), bought)
    with pytest.raises(ValueError, match="0 customers"):
        tour_orders.orders(list("cba"), bought)


def test_attention_within_an_order_is_told_from_attention_nearby() -> None:
    order = np.array([0, 0, 1, 1])
    attention = np.tril(np.ones((4, 4)))
    attention[2:, :2] = 0  # nothing looks past the beginning of its order
    attention /= attention.sum(axis=1, keepdims=True)
    found = tour_orders.share([(attention, order)])
    assert found.queries == 2  # the first order has no other before it
    assert found.own == pytest.approx(1)
    assert found.even == pytest.approx((1 / 3 + 2 / 4) / 2)
    assert found.near_own == pytest.approx(0.5 * 4)  # the fourth query's one neighbour
    assert found.near_other == 0


def test_even_attention_shows_no_preference() -> None:
    length = 6
    attention = np.tril(np.ones((length, length)))
    attention /= attention.sum(axis=1, keepdims=True)
    found = tour_orders.share([(attention, np.array([0, 0, 1, 1, 2, 2]))])
    assert found.own == pytest.approx(found.even)
    assert found.near_own == pytest.approx(1)
    assert found.near_other == pytest.approx(1)
