"""Attention of unmodified PyTorch models, whose output stays what it is."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tensorboard_plugin_attn.capture.torch_attention import capturing, note_attention
from tests.fixtures.attention_definition import additive, attention_of, causal
from tests.fixtures.torch_recommenders import (
    HEADS,
    ITEMS,
    LENGTH,
    SIZE,
    FusedSASRec,
    SASRec,
    SelfAttention,
    lengths,
    padded,
)


def captured(model: nn.Module, *args: Any, **kwargs: Any) -> tuple[dict[str, np.ndarray], Any]:
    """Return attention by name, and the output; check that it is the output without capturing."""
    with torch.no_grad():
        expected = model(*args, **kwargs)
        with capturing(model) as capture:
            output = model(*args, **kwargs)
    torch.testing.assert_close(output, expected, atol=1e-6, rtol=0)
    return {one.name: one.attention.numpy() for one in capture.found}, output


def encoder(*, batch_first: bool = True, norm_first: bool = False) -> nn.TransformerEncoder:
    layer = nn.TransformerEncoderLayer(
        SIZE, HEADS, 16, batch_first=batch_first, norm_first=norm_first
    )
    nests = batch_first and not norm_first
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=nests).eval()


def of_layer(layer: nn.MultiheadAttention, x: Tensor, mask: Tensor | None = None) -> np.ndarray:
    """Return the attention `layer` gives if it is asked, `[batch, head, query, key]`."""
    layer.train()  # not the fast path
    dropout, layer.dropout = layer.dropout, 0.0
    result = layer(x, x, x, attn_mask=mask, average_attn_weights=False)[1].detach().numpy()
    layer.dropout = dropout
    layer.eval()
    return result


def test_a_transformer_encoder_on_its_fast_path() -> None:
    model, x = encoder(), torch.randn(3, LENGTH, SIZE)
    found, _ = captured(model, x)
    assert list(found) == ["layers.0.self_attn", "layers.1.self_attn"]
    expected = of_layer(model.layers[0].self_attn, x)
    np.testing.assert_allclose(found["layers.0.self_attn"], expected, atol=1e-6)


def test_the_position_axis_may_come_first() -> None:
    model, x = encoder(batch_first=False), torch.randn(LENGTH, 3, SIZE)
    found, _ = captured(model, x)
    expected = of_layer(model.layers[0].self_attn, x)
    assert expected.shape == (3, HEADS, LENGTH, LENGTH)
    np.testing.assert_allclose(found["layers.0.self_attn"], expected, atol=1e-6)


def test_a_causal_encoder_attends_to_no_later_key() -> None:
    model, x = encoder(norm_first=True), torch.randn(3, LENGTH, SIZE)
    mask = nn.Transformer.generate_square_subsequent_mask(LENGTH)
    found, _ = captured(model, x, mask=mask, is_causal=True)
    assert not np.triu(found["layers.1.self_attn"], 1).any()
    np.testing.assert_allclose(found["layers.1.self_attn"].sum(-1), 1, atol=1e-6)


def test_padding_keys_get_nothing_where_pytorch_would_nest_tensors() -> None:
    model, x = encoder(), torch.randn(3, LENGTH, SIZE)
    padding = torch.from_numpy(padded("right") == 0)
    with torch.no_grad(), pytest.warns(UserWarning, match="nested tensors is in prototype"):
        expected = model(x, src_key_padding_mask=padding)
    with torch.no_grad(), capturing(model) as capture:
        output = model(x, src_key_padding_mask=padding)
    torch.testing.assert_close(output[~padding], expected[~padding], atol=1e-6, rtol=0)
    assert len(capture.found) == 2
    for one in capture.found:
        assert not one.attention[padding[:, None, None].expand(one.attention.shape)].any()
        torch.testing.assert_close(one.attention.sum(-1), torch.ones(3, HEADS, LENGTH))


def test_the_fast_path_is_taken_again_afterwards() -> None:
    model, x = encoder(), torch.randn(3, LENGTH, SIZE)

    def kernels() -> set[str]:
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
            model(x)
        return {event.key for event in profile.key_averages()}

    with torch.no_grad():
        assert "aten::_transformer_encoder_layer_fwd" in kernels()
        with capturing(model):
            assert "aten::_transformer_encoder_layer_fwd" not in kernels()
        assert "aten::_transformer_encoder_layer_fwd" in kernels()
    assert torch.backends.mha.get_fastpath_enabled()


def test_a_decoder_shows_self_and_cross_attention() -> None:
    layer = nn.TransformerDecoderLayer(SIZE, HEADS, 16, batch_first=True)
    model = nn.TransformerDecoder(layer, 1).eval()
    found, _ = captured(model, torch.randn(3, 4, SIZE), torch.randn(3, LENGTH, SIZE))
    shapes = {name: attention.shape for name, attention in found.items()}
    assert shapes == {
        "layers.0.self_attn": (3, HEADS, 4, 4),
        "layers.0.multihead_attn": (3, HEADS, 4, LENGTH),
    }


def test_one_that_is_not_batched_is_a_batch_of_one() -> None:
    layer, x = nn.MultiheadAttention(SIZE, HEADS).eval(), torch.randn(LENGTH, SIZE)
    found, _ = captured(layer, x, x, x)
    assert found["MultiheadAttention"].shape == (1, HEADS, LENGTH, LENGTH)


def test_keys_a_layer_adds_are_keys() -> None:
    layer = nn.MultiheadAttention(
        SIZE, HEADS, add_bias_kv=True, add_zero_attn=True, batch_first=True
    ).eval()
    x = torch.randn(2, LENGTH, SIZE)
    found, _ = captured(layer, x, x, x, key_padding_mask=torch.ones(2, LENGTH, dtype=torch.bool))
    [attention] = found.values()
    assert attention.shape == (2, HEADS, LENGTH, LENGTH + 2)
    np.testing.assert_allclose(attention[..., -2:].sum(-1), 1, atol=1e-6)


def test_attention_is_before_dropout_in_a_model_that_trains() -> None:
    model, x = encoder().train(), torch.randn(3, LENGTH, SIZE)
    torch.manual_seed(3)
    expected = model(x)
    torch.manual_seed(3)
    with capturing(model) as capture:
        output = model(x)
    assert torch.equal(output, expected)
    np.testing.assert_allclose(capture.found[0].attention.sum(-1), 1, atol=1e-6)
    np.testing.assert_allclose(
        capture.found[0].attention, of_layer(model.layers[0].self_attn, x), atol=1e-6
    )
    output.sum().backward()  # capturing did not cut the gradient
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_scaled_dot_product_attention_is_named_by_the_module_that_calls_it() -> None:
    model = FusedSASRec().eval()
    items = torch.from_numpy(padded("left"))
    found, _ = captured(model, items)
    query, key, _ = model.attend.parts(model.embedding(items))
    may_attend = model.attend.may_attend(items)
    expected = attention_of(
        query.detach().numpy(), key.detach().numpy(), additive(may_attend.numpy())
    )
    np.testing.assert_allclose(found["attend"], expected, atol=1e-6)


def test_a_softmax_module_as_recbole_has_it() -> None:
    model = SASRec().eval()
    items = torch.from_numpy(padded("right"))
    found, _ = captured(model, items, torch.from_numpy(lengths()))
    name = "trm_encoder.0.multi_head_attention"
    assert list(found) == [name, name.replace("0", "1")]
    layer = model.trm_encoder[0].multi_head_attention
    expected = layer.probabilities(model.embed(items), model.mask(items)).detach().numpy()
    np.testing.assert_allclose(found[name], expected, atol=1e-6)


@pytest.mark.parametrize(
    "softmax",
    [
        lambda scores: functional.softmax(scores, dim=-1),
        lambda scores: torch.softmax(scores, 3),
        lambda scores: scores.softmax(dim=-1),
        lambda scores: nn.Softmax(dim=-1)(scores),
    ],
    ids=["functional", "torch", "method", "module made on the spot"],
)
def test_a_softmax_in_the_models_own_code(softmax: Any) -> None:
    class Own(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            scores = (x @ x.transpose(-1, -2))[:, None]
            weights = softmax(scores)
            weights *= 0.5  # what comes after is not attention any more
            return weights @ x[:, None]

    x = torch.randn(2, LENGTH, SIZE)
    found, _ = captured(Own(), x)
    expected = attention_of(x[:, None].numpy(), x[:, None].numpy(), scale=1.0)
    np.testing.assert_allclose(found["Own"], expected, atol=1e-5)


def test_what_may_not_be_attention_is_not_taken_but_said() -> None:
    class LinearAttention(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            split = x.view(2, LENGTH, HEADS, -1).transpose(1, 2)
            return split.softmax(-1) @ split.softmax(-2).transpose(-1, -2) @ split

    with capturing(model := LinearAttention()) as capture:
        model(torch.randn(2, LENGTH, SIZE))
    assert capture.found == []
    assert capture.unclear == [f"LinearAttention: a softmax of shape [2, {HEADS}, {LENGTH}, 4]"]


class Hidden(nn.Module):
    """Attention no function of PyTorch knows of; it notes it."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__()
        self.name = name

    def forward(self, x: Tensor) -> Tensor:
        powers = (x @ x.transpose(-1, -2)).exp()
        weights = powers / powers.sum(-1, keepdim=True)  # [batch, query, key]
        return note_attention(self.name or self, weights) @ x


@pytest.mark.parametrize(("name", "expected"), [(None, "1"), ("own", "own")])
def test_noted_attention_is_taken(name: str | None, expected: str) -> None:
    model, x = nn.Sequential(nn.Identity(), Hidden(name)), 0.1 * torch.randn(2, LENGTH, SIZE)
    found, _ = captured(model, x)
    defined = attention_of(x[:, None].numpy(), x[:, None].numpy(), scale=1.0)
    np.testing.assert_allclose(found[expected], defined, atol=1e-6)


def test_a_softmax_that_is_also_noted_is_taken_once() -> None:
    class Both(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return note_attention(self, (x @ x.transpose(-1, -2))[:, None].softmax(-1))

    found, _ = captured(Both(), torch.randn(2, LENGTH, SIZE))
    assert list(found) == ["Both"]


def test_noting_what_is_no_attention_says_so_only_while_it_is_logged() -> None:
    model = Hidden()
    assert note_attention(model, torch.ones(2)).shape == (2,)
    with capturing(model), pytest.raises(ValueError, match=r"\[2\] is not \[batch, head"):
        note_attention(model, torch.ones(2))


def test_compiled_models_are_seen_and_stay_compiled() -> None:
    model = FusedSASRec().eval()
    items = torch.from_numpy(padded("left"))
    whole, part = torch.compile(model, backend="eager"), FusedSASRec().eval()
    part.attend = torch.compile(part.attend, backend="eager")
    noted = torch.compile(Hidden(), backend="eager", fullgraph=True)
    for compiled, given, name in (
        (whole, items, "attend"),
        (part, items, "attend"),
        (noted, torch.randn(2, LENGTH, SIZE), "Hidden"),
    ):
        found, _ = captured(compiled, given)
        assert list(found) == [name]
        with torch.no_grad(), torch.compiler.set_stance("fail_on_recompile"):
            compiled(given)


def test_everything_is_off_after_an_error_in_the_model() -> None:
    class Broken(FusedSASRec):
        def forward(self, items: Tensor) -> Tensor:
            super().forward(items)
            raise RuntimeError("in the model")

    model = Broken().eval()
    with pytest.raises(RuntimeError, match="in the model"), capturing(model) as capture:
        model(torch.from_numpy(padded("left")))
    assert [one.name for one in capture.found] == ["attend"]
    for module in model.modules():
        assert not module._forward_hooks and not module._forward_pre_hooks
    assert torch.overrides._len_torch_function_stack() == 0
    with pytest.raises(RuntimeError, match="in the model"):
        model(torch.from_numpy(padded("left")))
    assert len(capture.found) == 1


def test_an_error_the_model_catches_does_not_mix_up_names() -> None:
    class Fails(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise RuntimeError

    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fails, self.inner = Fails(), SelfAttention()

        def forward(self, x: Tensor) -> Tensor:
            try:
                return self.fails(x)
            except RuntimeError:
                mixed = functional.scaled_dot_product_attention(x, x, x)
                return self.inner(mixed, torch.zeros(()))

    found, _ = captured(Outer().eval(), torch.randn(2, LENGTH, SIZE))
    assert list(found) == ["Outer", "inner"]


def test_another_thread_that_runs_the_model_is_not_mixed_in() -> None:
    model = FusedSASRec().eval()
    items = torch.from_numpy(padded("left"))
    with capturing(model) as capture, torch.no_grad():
        other = threading.Thread(target=lambda: model(items))
        other.start()
        other.join()
        model(items)
    assert [one.name for one in capture.found] == ["attend"]


def test_a_query_of_five_axes_is_not_guessed_at() -> None:
    class Windows(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return functional.scaled_dot_product_attention(x, x, x)

    with capturing(model := Windows()) as capture:
        model(torch.randn(2, 3, HEADS, LENGTH, SIZE))
    assert capture.found == []
    assert capture.unclear == [f"Windows: a query of shape [2, 3, {HEADS}, {LENGTH}, {SIZE}]"]


def test_items_and_masks_of_the_fixtures_are_as_the_tests_think() -> None:
    assert padded("left").max() < ITEMS
    assert (SASRec().mask(torch.from_numpy(padded("right")))[0, 0] == 0).numpy().tolist() == (
        causal(LENGTH, LENGTH).tolist()
    )
