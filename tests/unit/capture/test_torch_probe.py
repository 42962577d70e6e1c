"""One pass over the cohort: what it returns, and what it says when there is nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tensorboard_plugin_attn.capture.padding import PaddingSide
from tensorboard_plugin_attn.capture.torch_probe import Probe, to_float32
from tests.fixtures.torch_recommenders import (
    HEADS,
    HISTORIES,
    ITEMS,
    LENGTH,
    FusedAttention,
    FusedSASRec,
    lengths,
    padded,
)


def probe(model: nn.Module, inputs: Any = None, **settings: Any) -> Probe:
    given = padded("left") if inputs is None else inputs
    return Probe(
        model, given, **{"call": None, "scores": None, "padding": PaddingSide(None), **settings}
    )


def test_attention_comes_as_float32_arrays() -> None:
    found, scores = probe(FusedSASRec()).run()
    [(name, attention)] = found
    assert (name, attention.dtype, scores) == ("attend", np.float32, None)
    assert attention.shape == (len(HISTORIES), HEADS, LENGTH, LENGTH)


def test_scores_are_of_the_same_pass() -> None:
    model = FusedSASRec()
    calls: list[Tensor] = []
    model.register_forward_hook(lambda module, args, output: calls.append(output))
    found, scores = probe(model, scores=lambda model, items: model(items)).run()
    assert len(found) == len(calls) == 1
    np.testing.assert_array_equal(scores, calls[0].numpy())
    assert scores is not None
    assert scores.shape == (len(HISTORIES), ITEMS)


def test_scores_that_are_not_due_are_not_asked_for() -> None:
    def scores(model: nn.Module, items: Tensor) -> Tensor:
        raise AssertionError

    found, scored = probe(FusedSASRec(), scores=scores).run(with_scores=False)
    assert len(found) == 1
    assert scored is None


def test_the_model_is_called_as_told() -> None:
    called = probe(
        FusedSASRec(), {"batch": padded("left")}, call=lambda model, inputs: model(inputs["batch"])
    )
    assert len(called.run()[0]) == 1


def test_layers_that_are_not_wanted_are_left_out() -> None:
    assert probe(FusedSASRec()).run(lambda name: False) == ([], None)


def test_a_layer_called_twice_is_two() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = FusedSASRec()

        def forward(self, items: Tensor) -> Tensor:
            return self.inner(items) + self.inner(items)

    found, _ = probe(Twice()).run()
    assert [name for name, _ in found] == ["inner.attend", "inner.attend #2"]


def test_wrappers_are_taken_off() -> None:
    model = FusedSASRec()
    wrapped = nn.DataParallel(torch.compile(model, backend="eager"))
    assert probe(wrapped).model is model
    assert [name for name, _ in probe(wrapped).run()[0]] == ["attend"]


def test_padding_on_the_right_is_moved() -> None:
    sizes = lengths().tolist()
    settings = {"call": lambda model, items: model.attend(model.embedding(items), items)}
    [(_, right)] = probe(
        model := FusedSASRec(), padded("right"), padding=PaddingSide(sizes), **settings
    ).run()[0]
    [(_, left)] = probe(model, padding=PaddingSide(sizes), **settings).run()[0]
    for user, size in enumerate(sizes):
        np.testing.assert_allclose(
            right[user, :, -size:, -size:], left[user, :, -size:, -size:], atol=1e-6
        )


def test_a_model_that_moves_takes_its_inputs_along() -> None:
    seen: list[str] = []
    model = nn.Linear(2, 2)
    moved = probe(model, call=lambda model, items: seen.append(items.device.type))
    moved.run()
    model.to("meta")
    moved.run()
    assert seen == ["cpu", "meta"]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_rows_are_scaled_to_1_and_get_no_worse(dtype: torch.dtype) -> None:
    logits = 3 * torch.randn(64, 1, 1, 20, generator=torch.Generator().manual_seed(0))
    rounded = logits.to(dtype).softmax(-1)
    exact = logits.to(dtype).double().softmax(-1).numpy()
    scaled = to_float32(rounded)
    np.testing.assert_allclose(scaled.sum(-1), 1, atol=1e-6)
    assert np.abs(scaled - exact).max() <= np.abs(rounded.double().numpy() - exact).max()


def test_rows_that_are_no_attention_are_not_made_to_look_like_it() -> None:
    rows = torch.tensor([[0.0, 0.0], [0.5, 0.4], [0.25, 0.75]], dtype=torch.float16)
    np.testing.assert_array_equal(to_float32(rows)[:2], rows[:2].float().numpy())


def test_a_model_in_half_precision_is_seen() -> None:
    [(_, attention)] = probe(FusedSASRec().bfloat16()).run()[0]
    np.testing.assert_allclose(attention.sum(-1), 1, atol=1e-6)


def test_nothing_seen_names_where_to_add_which_line() -> None:
    class FlashAttention(nn.Module):
        def forward(self, items: Tensor) -> Tensor:
            gates = torch.ones(3, 2, 5).softmax(-1)
            return gates * items.sum()

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.block = FlashAttention()

        def forward(self, items: Tensor) -> Tensor:
            return self.block(items)

    empty = probe(Model())
    assert empty.run() == ([], None)
    why = empty.why_nothing()
    assert "no attention was seen in Model" in why
    assert "block (FlashAttention)" in why
    assert "block: a softmax of shape [3, 2, 5]" in why
    assert "import note_attention" in why
    seen = probe(FusedAttention(), (torch.ones(3, LENGTH, 8), torch.from_numpy(padded("left"))))
    seen.run()
    assert seen.why_nothing() == ""
