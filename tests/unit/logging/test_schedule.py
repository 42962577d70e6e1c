"""When something is due, however large the steps between two questions are."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_attn import schedule
from tensorboard_plugin_attn.logging.schedule import Schedule


class When(NamedTuple):
    step: int
    epoch: float | None = None


def due_steps(asked: Schedule, whens: Sequence[When]) -> list[int]:
    """Return the steps that are due when `asked` is asked about each of `whens` in turn."""
    previous: Sequence[When | None] = [None, *whens]
    return [
        now.step for before, now in zip(previous, whens, strict=False) if asked.due(before, now)
    ]


def steps(*numbers: int) -> list[When]:
    return [When(number) for number in numbers]


EACH = [When(step, step / 4) for step in range(1, 21)]  # 4 steps an epoch


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (schedule.every_step(), list(range(1, 21))),
        (schedule.every_steps(6), [1, 6, 12, 18]),
        (schedule.every_epochs(), [1, 4, 8, 12, 16, 20]),
        (schedule.every_epochs(2), [1, 8, 16]),
        (schedule.every_epochs(0.5), [1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20]),
        (schedule.log_spaced(), [1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20]),
        (schedule.at_steps([7, 3, 3]), [1, 3, 7]),
        (schedule.every_steps(9) | schedule.at_steps([5]), [1, 5, 9, 18]),
        (
            schedule.every_epochs(4) | schedule.at_steps([5]) | schedule.every_steps(19),
            [1, 5, 16, 19],
        ),
    ],
    ids=repr,
)
def test_these_steps_are_due(asked: Schedule, expected: list[int]) -> None:
    assert due_steps(asked, EACH) == expected


ALL = st.one_of(
    st.builds(schedule.every_steps, st.integers(1, 50)),
    st.builds(schedule.every_epochs, st.sampled_from([0.5, 1, 3])),
    st.builds(schedule.log_spaced, st.integers(1, 20)),
    st.builds(schedule.at_steps, st.lists(st.integers(0, 300), min_size=1)),
)


@given(asked=ALL, jumps=st.lists(st.integers(1, 40), min_size=1, max_size=20))
def test_a_jump_over_a_point_makes_its_end_due(asked: Schedule, jumps: list[int]) -> None:
    each = [When(step, step / 8) for step in range(1, sum(jumps) + 1)]
    reached = [each[sum(jumps[: number + 1]) - 1] for number in range(len(jumps))]
    points = set(due_steps(asked, each)) - {1}
    for before, now in itertools.pairwise(reached):
        passed = any(before.step < point <= now.step for point in points)
        assert asked.due(before, now) == passed


@given(asked=ALL, step=st.integers(0, 10**9))
def test_the_first_is_always_due_and_nothing_is_due_twice(asked: Schedule, step: int) -> None:
    now = When(step, float(step))
    assert asked.due(None, now)
    assert not asked.due(now, now)


def test_the_ends_of_epochs_are_due_when_the_length_of_an_epoch_is_not_known() -> None:
    whens = [When(1, 0.0), When(2, 0.0), When(3, 1.0), When(4, 1.0), When(5, 2.0)]
    assert due_steps(schedule.every_epochs(), whens) == [1, 3, 5]


def test_without_epochs_no_epoch_ends() -> None:
    assert due_steps(schedule.every_epochs(), steps(1, 2, 3)) == [1]


def test_thirds_make_whole_epochs() -> None:
    whens = [When(step, step * (1 / 3)) for step in range(1, 10)]
    assert due_steps(schedule.every_epochs(), whens) == [1, 3, 6, 9]


def test_log_spaced_has_as_many_points_in_each_decade() -> None:
    due = due_steps(schedule.log_spaced(10), steps(*range(1, 10_001)))
    assert [sum(10**n < step <= 10 ** (n + 1) for step in due) for n in (1, 2, 3)] == [10, 10, 10]


def test_schedules_are_values() -> None:
    one = schedule.every_steps(3) | schedule.every_epochs()
    assert one == schedule.every_steps(3) | schedule.every_epochs()
    assert len({one, schedule.every_steps(3) | schedule.every_epochs()}) == 1
    assert one != schedule.every_steps(3)
    assert schedule.every_steps(1) == schedule.every_step()
    with pytest.raises(AttributeError):
        one.first = schedule.every_step()  # type: ignore[attr-defined]


@given(asked=st.builds(Schedule.__or__, ALL, ALL))
def test_a_schedules_text_makes_it_again(asked: Schedule) -> None:
    names = {name: getattr(schedule, name) for name in schedule.__all__}
    assert eval(repr(asked), {}, names) == asked


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: schedule.every_steps(0), "every_steps.0.: must be 1 or more"),
        (lambda: schedule.every_epochs(0), "every_epochs.0.: must be more than 0"),
        (lambda: schedule.every_epochs(float("nan")), "must be more than 0"),
        (lambda: schedule.log_spaced(0), "log_spaced.0.: must be 1 or more"),
        (lambda: schedule.at_steps([]), "give steps from 0 on"),
        (lambda: schedule.at_steps([-1, 4]), "give steps from 0 on"),
    ],
)
def test_a_schedule_of_nothing_is_refused(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]


def test_a_schedule_that_says_nothing_is_no_schedule() -> None:
    with pytest.raises(NotImplementedError, match="every_step"):
        Schedule().due(When(1), When(2))
