"""What is applied here is what scikit-learn learned, to the last column."""

from __future__ import annotations

import json
import warnings

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from training.preprocessing.dense import DenseEncoder, frame, transformer
from training.preprocessing.interactions import Attribute

numbers = st.floats(-1e3, 1e3) | st.just(float("nan"))
categories = st.sampled_from(["a", "b", "c", "d", "", None])
rows = st.lists(st.tuples(numbers, categories, categories), min_size=1, max_size=25)


def attributes(table: list[tuple]) -> dict[str, Attribute]:
    number, first, second = (list(column) for column in zip(*table, strict=True))
    return {
        "size": Attribute("numeric", np.array(number, np.float64)),
        "kind": Attribute("categorical", np.array(first, object)),
        "town": Attribute("categorical", np.array(second, object)),
    }


@given(train=rows, other=rows, min_count=st.integers(1, 4))
@settings(deadline=None)
def test_it_is_what_scikit_learn_gives(train: list, other: list, min_count: int) -> None:
    learned, applied = attributes(train), attributes(other)
    encoder = DenseEncoder.learn(learned, min_count)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a column without values; unknown categories
        fitted = transformer(learned, min_count).fit(frame(learned))
        expected = np.nan_to_num(fitted.transform(frame(applied)))
    if np.isnan(learned["size"].values).all():
        expected[:, 0] = np.nan_to_num(applied["size"].values)
    actual = encoder.encode(applied)
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)
    assert len(encoder.names) == actual.shape[1]


@given(train=rows, other=rows)
@settings(deadline=None)
def test_a_saved_encoder_is_the_same(train: list, other: list) -> None:
    encoder = DenseEncoder.learn(attributes(train))
    again = DenseEncoder.from_json(json.loads(json.dumps(encoder.to_json())))
    assert again == encoder
    np.testing.assert_array_equal(
        again.encode(attributes(other)), encoder.encode(attributes(other))
    )


def test_columns_are_named_and_rare_values_share_one() -> None:
    encoder = DenseEncoder.learn(attributes([(1, "a", "x"), (3, "a", "x"), (2, "b", "x")]))
    assert encoder.names == ("size", "kind=a", "kind=(infrequent)", "town=x")
    row = encoder.encode(attributes([(3, "never", "never")]))
    assert row.tolist() == [[1.0, 0.0, 1.0, 0.0]]
    assert row.dtype == np.float32


def test_nothing_to_learn_from_gives_no_columns() -> None:
    several = {"tags": Attribute("multiple", np.array([("a",), ()], object))}
    assert DenseEncoder.learn(several).encode(several).shape == (2, 0)
    assert DenseEncoder.learn({}).encode({}).shape == (0, 0)
