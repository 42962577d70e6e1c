"""Every value has a number, the same one after saving; what was not seen is said to be unknown."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.preprocessing.vocabulary import INFREQUENT, NONE, UNKNOWN, Bands, Vocabulary

values_lists = st.lists(st.none() | st.text(max_size=3), max_size=40)


def test_numbers_are_by_falling_count_then_name() -> None:
    vocabulary = Vocabulary.learn(["b", "b", "a", "a", "c", "c", "c", "once", None])
    assert vocabulary.labels == ("", "(unknown)", "(infrequent)", "c", "a", "b")
    encoded = vocabulary.encode(["c", "a", "once", "never", None])
    assert encoded.tolist() == [3, 4, INFREQUENT, UNKNOWN, NONE]
    assert encoded.dtype == np.int32


@given(seen=values_lists, asked=values_lists, min_count=st.integers(1, 4))
def test_a_number_means_the_value_it_was_given_for(
    seen: list[str | None], asked: list[str | None], min_count: int
) -> None:
    vocabulary = Vocabulary.learn(seen, min_count)
    again = Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json())))
    assert again == vocabulary
    for value, number in zip(asked, vocabulary.encode(asked).tolist(), strict=True):
        if value is None:
            assert number == NONE
        elif seen.count(value) >= min_count:
            assert vocabulary.labels[number] == value
            assert number > INFREQUENT
        else:
            assert number == (INFREQUENT if value in seen else UNKNOWN)


@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), max_size=60), st.integers(2, 10))
def test_bands_are_in_order_and_named(values: list[float], count: int) -> None:
    array = np.array(values, np.float64)
    bands = Bands.learn(array, count)
    numbers = bands.encode(array)
    assert len(bands.edges) < count
    assert numbers.max(initial=0) < len(bands.labels)
    assert ((numbers == NONE) == np.isnan(array)).all()
    known = np.argsort(array[~np.isnan(array)])
    assert (np.diff(numbers[~np.isnan(array)][known]) >= 0).all()


def test_bands_hold_about_as_many_values_each_and_say_their_borders() -> None:
    bands = Bands.learn(np.arange(100.0), 4)
    assert bands.edges == (24.75, 49.5, 74.25)
    assert bands.labels[3:] == ("under 24.75", "24.75 to 49.5", "49.5 to 74.25", "from 74.25")
    assert np.bincount(bands.encode(np.arange(100.0)))[3:].tolist() == [25, 25, 25, 25]
    assert bands.encode(np.array([-1e9, 1e9])).tolist() == [3, 6]
    assert Bands.learn(np.full(9, 5.0)).labels[3:] == ("any",)
