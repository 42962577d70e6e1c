"""Causal or not, padding masked or not: decided on real positions."""

from __future__ import annotations

import numpy as np

from tensorboard_plugin_attn.capture.layer_traits import LayerTraits, padding_share

LENGTHS = [4, 2]


def causal_attention(*, padding_rows: float) -> np.ndarray:
    """Return `[user, head, query, key]` of two left-padded users, padding queries uniform."""
    attention = np.zeros((2, 1, 4, 4), np.float32)
    for user, length in enumerate(LENGTHS):
        first = 4 - length
        attention[user, 0, :first] = padding_rows
        for query in range(first, 4):
            attention[user, 0, query, first : query + 1] = 1 / (query + 1 - first)
    return attention


def test_rows_of_padding_do_not_make_a_layer_look_acausal() -> None:
    attention = causal_attention(padding_rows=0.25)
    traits = LayerTraits(LENGTHS)
    assert traits.lengths("layer", attention) == LENGTHS
    assert traits.is_causal("layer", attention)
    assert not LayerTraits(None).is_causal("layer", attention)


def test_attention_on_later_items_is_not_causal() -> None:
    assert not LayerTraits(None).is_causal("layer", np.full((2, 1, 4, 4), 0.25, np.float32))


def test_one_query_for_all_keys_is_not_causal() -> None:
    assert not LayerTraits([1, 1]).is_causal("layer", np.full((2, 1, 1, 4), 0.25, np.float32))


def test_a_layer_that_attends_to_padding_is_not_cropped() -> None:
    attention = np.full((2, 1, 4, 4), 0.25, np.float32)
    assert padding_share(attention, LENGTHS) == 0.5
    assert LayerTraits(LENGTHS).lengths("layer", attention) is None


def test_traits_are_those_first_seen() -> None:
    traits = LayerTraits(None)
    assert traits.is_causal("layer", causal_attention(padding_rows=0))
    assert traits.is_causal("layer", np.full((2, 1, 4, 4), 0.25, np.float32))
