"""Padding on either side ends up on the left, as the log wants it, and only where it is known."""

from __future__ import annotations

import numpy as np
import pytest

from tensorboard_plugin_attn.capture.padding import PaddingSide, moved_left, side_of_inputs
from tests.fixtures.attention_definition import additive, attention_of, causal
from tests.fixtures.torch_recommenders import HISTORIES, LENGTH, padded

LENGTHS = [len(history) for history in HISTORIES]


def attention(items: np.ndarray, *, is_causal: bool = False, mask: bool = True) -> np.ndarray:
    """Return `[user, head, query, key]` of a layer that does or does not mask padding."""
    x = np.random.default_rng(0).normal(size=(len(items), 2, LENGTH, 4))
    may_attend = (items != 0)[:, None, None] if mask else np.ones((1, 1, 1, 1), bool)
    if is_causal:
        may_attend = may_attend & causal(LENGTH, LENGTH)
    return attention_of(x, x, additive(may_attend)).astype(np.float32)


def real(array: np.ndarray, user: int, side: str) -> np.ndarray:
    """Return the block of one user's real items."""
    kept = slice(-LENGTHS[user], None) if side == "left" else slice(LENGTHS[user])
    return array[user, :, kept, kept]


@pytest.mark.parametrize("is_causal", [True, False])
@pytest.mark.parametrize("given", ["right", None])
def test_padding_on_the_right_is_moved(is_causal: bool, given: str | None) -> None:
    items = padded("right")
    found = attention(items, is_causal=is_causal)
    padding = PaddingSide(LENGTHS, given)
    padding.learn([items])
    moved = padding.to_left("layer", found)
    for user in range(len(HISTORIES)):
        np.testing.assert_array_equal(real(moved, user, "left"), real(found, user, "right"))
    np.testing.assert_array_equal(np.sort(moved, axis=None), np.sort(found, axis=None))


@pytest.mark.parametrize("is_causal", [True, False])
@pytest.mark.parametrize("mask", [True, False])
@pytest.mark.parametrize("given", ["left", None])
def test_padding_on_the_left_stays(is_causal: bool, mask: bool, given: str | None) -> None:
    items = padded("left")
    found = attention(items, is_causal=is_causal, mask=mask)
    padding = PaddingSide(LENGTHS, given)
    padding.learn([items])
    assert padding.to_left("layer", found) is found


def test_attention_tells_the_side_where_the_inputs_do_not() -> None:
    padding = PaddingSide(LENGTHS)
    padding.learn([])
    found = attention(padded("right"))
    np.testing.assert_array_equal(padding.to_left("layer", found), moved_left(found, LENGTHS))
    stays = attention(padded("left"))
    assert padding.to_left("other layer", stays) is stays


def test_a_causal_layer_alone_tells_no_side() -> None:
    """Left padding that nobody masked looks just like right padding: nothing is guessed."""
    padding = PaddingSide(LENGTHS)
    found = attention(padded("left"), is_causal=True, mask=False)
    assert padding.to_left("layer", found) is found


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    "array",
    [
        lambda items: items,
        lambda items: items != 0,
        lambda items: (items != 0).astype(np.int32),
        lambda items: np.where(items == 0, -1, items),
    ],
    ids=["items", "boolean mask", "mask", "another value"],
)
def test_inputs_tell_the_side(side: str, array: object) -> None:
    assert side_of_inputs([array(padded(side))], LENGTHS) == side  # type: ignore[operator]


@pytest.mark.parametrize(
    "arrays",
    [
        [],
        [padded("left"), padded("right")],
        [np.tile(np.arange(LENGTH), (3, 1))],
        [padded("left").astype(float)],
        [padded("left")[:2]],
        [np.array(LENGTHS)],
    ],
    ids=["none", "both", "positions", "floats", "other users", "lengths"],
)
def test_inputs_that_do_not_tell(arrays: list[np.ndarray]) -> None:
    assert side_of_inputs(arrays, LENGTHS) is None


def test_without_padding_there_is_no_side() -> None:
    assert side_of_inputs([np.ones((2, 3), int)], [3, 3]) is None
    full = attention(np.ones((3, LENGTH), int))
    for lengths in (None, [LENGTH] * 3, [LENGTH] * 2, [LENGTH + 4] * 3):
        padding = PaddingSide(lengths)
        padding.learn([np.ones((3, LENGTH), int)])
        np.testing.assert_array_equal(padding.to_left("layer", full), full)


def test_one_query_of_right_padded_keys_keeps_its_place() -> None:
    found = attention(padded("right"))[:, :, :1]  # [user, head, 1, key]
    moved = PaddingSide(LENGTHS, "right").to_left("layer", found)
    assert not moved[1, :, :, : LENGTH - LENGTHS[1]].any()
    np.testing.assert_allclose(moved.sum(-1), 1, atol=1e-6)


def test_a_side_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="padding='top'"):
        PaddingSide(LENGTHS, "top")
