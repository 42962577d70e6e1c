"""Which layers and heads are logged, and what they are called then."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_attn.capture.captured_array import CapturedArray
from tensorboard_plugin_attn.capture.selection import Selection
from tests.fixtures.logs import attention


def found(*names: str, heads: int = 4, **more: Any) -> list[CapturedArray]:
    return [CapturedArray(name, attention(heads=heads), **more) for name in names]


def chosen(selection: Selection, layers: list[CapturedArray]) -> dict[str, tuple[str, ...]]:
    return {layer.name: layer.head_names for layer in selection.apply(layers)}


def test_without_a_choice_everything_stays_as_it_is() -> None:
    layers = found("a", "b")
    assert Selection().apply(layers) == layers


def test_layers_are_chosen_by_a_part_of_their_path() -> None:
    layers = found("sasrec/block_0/attention", "sasrec/block_1/attention", "cross")
    assert list(chosen(Selection(["block_1", "cro"]), layers)) == [
        "sasrec/block_1/attention",
        "cross",
    ]
    assert list(chosen(Selection("cross"), layers)) == ["cross"]


def test_heads_keep_their_numbers_and_their_attention() -> None:
    [layer] = found("a")
    [part] = Selection(heads=[3, 1]).apply([layer])
    assert part.head_names == ("head 3", "head 1")
    np.testing.assert_array_equal(part.attention, layer.attention[:, [3, 1]])


def test_heads_that_have_names_keep_them() -> None:
    layers = found("a", heads=3, head_names=("price", "title", "time"))
    assert chosen(Selection(heads=[2]), layers) == {"a": ("time",)}


def test_heads_can_be_chosen_layer_by_layer() -> None:
    layers = found("block_0", "block_1")
    assert chosen(Selection(heads={"_0": [2]}), layers) == {"block_0": ("head 2",), "block_1": ()}


def test_a_head_that_is_not_there_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    selection = Selection(heads={"a": [1, 7], "b": [9]})
    with caplog.at_level(logging.WARNING, "tensorboard_plugin_attn"):
        for _ in range(2):
            assert chosen(selection, found("a", "b", heads=2)) == {"a": ("head 1",), "b": ()}
    assert caplog.messages == [
        "attention: heads=[1, 7]: a has heads 0 to 1; the others are left out",
        "attention: heads=[9]: b has heads 0 to 1; all are logged",
    ]


def test_a_choice_that_fits_nothing_names_what_there_is() -> None:
    selection = Selection(["decoder"])
    assert selection.apply(found("a", "b")) == []
    assert selection.why_nothing() == (
        "attention: layers=['decoder'] fits no layer with attention, so there is none to log; "
        "choose from: a, b"
    )


def test_where_there_is_nothing_to_choose_from_the_choice_is_not_blamed() -> None:
    assert Selection(["decoder"]).why_nothing() == ""
    selection = Selection()
    selection.apply(found("a"))
    assert selection.why_nothing() == ""


def test_what_is_no_attention_is_left_for_the_writer_to_refuse() -> None:
    flat = CapturedArray("a", np.zeros(3, np.float32))
    assert Selection(heads=[5]).apply([flat]) == [flat]


@pytest.mark.parametrize("heads", [[], [-1], {"a": []}, {"a": [0, -2]}])
def test_numbers_that_are_no_heads_are_refused(heads: Any) -> None:
    with pytest.raises(ValueError, match="give numbers of heads from 0 on"):
        Selection(heads=heads)
