"""What may be handed over, and what is refused with a sentence that helps."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_attn import Cohort, User
from tensorboard_plugin_attn.logging.arguments import (
    UnknownUsersError,
    axis_names,
    crop,
    described,
    prepared,
)
from tensorboard_plugin_attn.logging.frames import LayerDescription, rejection
from tests.fixtures.logs import attention

NOBODY = Cohort()
THREE = Cohort(users=(User("a"), User("b"), User("c")))


def layer(kind: str = "self", **rest: Any) -> LayerDescription:
    axes: dict[str, Any] = {"query_axis": None, "key_axis": None, **rest}
    return described("layer", kind=kind, index=0, head_count=0, causal=False, **axes)


@pytest.mark.parametrize(
    ("kind", "axes"),
    [
        ("self", ("history", "history")),
        ("cross", ("history", "source")),
        ("target", ("candidate", "history")),
        ("field", ("field", "field")),
    ],
)
def test_axes_are_called_as_the_kind_says_unless_they_are_given(
    kind: str, axes: tuple[str, str]
) -> None:
    assert (layer(kind).query_axis, layer(kind).key_axis) == axes
    given_names = layer(kind, query_axis="slot", key_axis="turn")
    assert (given_names.query_axis, given_names.key_axis) == ("slot", "turn")


@pytest.mark.parametrize(
    ("kind", "shape"), [("self", (2, 2)), ("target", (5, 2)), ("cross", (2, 4)), ("field", (5, 4))]
)
def test_lengths_crop_the_axes_that_are_history(kind: str, shape: tuple[int, int]) -> None:
    made = prepared(layer(kind), attention(1, 2, 5, 4), cohort=NOBODY, lengths=[2])
    assert made.users[0] is not None
    assert made.users[0].shape == (2, *shape)


def test_users_of_a_subset_stand_in_the_cohorts_order_and_the_others_are_not_there() -> None:
    cells = attention(2)
    made = prepared(
        layer(), cells, cohort=THREE, users=["c", "a"], keys=[list("wxyz"), list("abcd")]
    )
    assert made.users[1] is None
    np.testing.assert_array_equal(made.users[0], cells[1])
    np.testing.assert_array_equal(made.users[2], cells[0])
    assert made.keys == (tuple("abcd"), None, tuple("wxyz"))
    assert made.queries == (None, None, None)


def test_unknown_users_are_named_to_the_caller_and_not_to_the_log() -> None:
    with pytest.raises(UnknownUsersError, match="'secret', 'other'") as raised:
        prepared(layer(), attention(3), cohort=THREE, users=["a", "secret", "other"])
    assert raised.value.in_log == "2 users are not in the cohort"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"users": ["a", "a"]}, "number 1 is there twice"),
        ({"users": ["a"]}, "1 users for attention of 2"),
        ({}, r"2 users, but the cohort has 3: say with users=\[...\] who they are"),
        ({"users": ["a", "b"], "keys": ["x", "y"]}, "keys: 2 labels for the 4 places of user 0's"),
        ({"users": ["a", "b"], "queries": [["x"]]}, "queries: 1 lists of labels for 2 users"),
        ({"users": ["a", "b"], "queries": "wxyz"}, "queries is one text: give a list"),
        ({"users": ["a", "b"], "lengths": [1]}, "1 lengths for 2 users"),
        ({"users": ["a", "b"], "lengths": [1, 0]}, "at least 1, found 0"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_to_do(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        prepared(layer(), attention(2), cohort=THREE, **arguments)


def test_labels_may_be_shared_or_per_user_and_of_any_type() -> None:
    assert axis_names("keys", None, [2, 3]) == (None, None)
    assert axis_names("keys", np.array([7, 8]), [2, 2]) == (("7", "8"), ("7", "8"))
    assert axis_names("keys", np.array([["a", "b"], ["c", "d"]]), [2, 2]) == (
        ("a", "b"),
        ("c", "d"),
    )
    assert axis_names("keys", [[b"x"], None], [1, 4]) == (("x",), None)
    assert axis_names("keys", [], [0]) == ((),)


DTYPES = [np.float16, np.float32, np.float64, ml_dtypes.bfloat16]


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    """Draw softmax output `[user, head, query, key]`, masked, in some type and memory layout."""
    users, heads = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    queries, keys = draw(st.integers(1, 9)), draw(st.integers(1, 40))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scores = random.normal(size=(users, heads, queries, keys)) * draw(st.sampled_from([0, 1, 20]))
    masked = random.random(scores.shape) < draw(st.sampled_from([0.0, 0.5, 0.95]))
    masked[..., draw(st.integers(0, keys - 1))] = False
    weights = np.exp(np.where(masked, -np.inf, scores - scores.max(axis=-1, keepdims=True)))
    made = (weights / weights.sum(axis=-1, keepdims=True)).astype(draw(st.sampled_from(DTYPES)))
    layout = draw(st.sampled_from(["plain", "transposed", "reversed", "read_only"]))
    if layout == "transposed":
        made = np.ascontiguousarray(made.transpose(3, 2, 1, 0)).transpose(3, 2, 1, 0)
    elif layout == "reversed":
        made = np.ascontiguousarray(made[..., ::-1])[..., ::-1]
    made.flags.writeable = layout != "read_only"
    return made


@given(arrays())
def test_softmax_of_any_type_and_layout_is_attention(weights: np.ndarray) -> None:
    for own, given_ in zip(crop(list(weights), None), weights, strict=True):
        assert own.dtype == np.float32
        assert own.flags.c_contiguous
        assert own.flags.writeable
        assert rejection(own) == ""
        exact = given_.astype(np.float32)
        if weights.dtype.itemsize > 2:
            np.testing.assert_array_equal(own, exact)
        else:  # rows of 16 bits are scaled back to 1
            np.testing.assert_allclose(own, exact, atol=0.01)
            np.testing.assert_allclose(own.sum(axis=-1), 1, atol=1e-6)


def test_rows_of_16_bits_that_are_no_attention_stay_so() -> None:
    wrong = np.full((1, 1, 2, 4), 0.2, np.float16)
    (own,) = crop(list(wrong), None)
    assert "do not sum to 1" in rejection(own)
