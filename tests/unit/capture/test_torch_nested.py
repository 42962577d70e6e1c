"""Nested tensors: what the layer gives stays nested; attention is that of each history alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tensorboard_plugin_attn.capture.torch_attention import capturing
from tensorboard_plugin_attn.capture.torch_nested import scaled_dot_product
from tests.fixtures.attention_definition import additive, attention_of, causal

pytestmark = pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")

HEADS, SIZE, LENGTHS = 2, 8, (5, 2, 3)


def histories() -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(length, SIZE, generator=generator) for length in LENGTHS]


def assert_each(found: np.ndarray, expected: list[np.ndarray]) -> None:
    """Check `[batch, head, query, key]` against `[head, query, key]` of each history."""
    assert found.shape == (len(LENGTHS), HEADS, max(LENGTHS), max(LENGTHS))
    for row, length, one in zip(found, LENGTHS, expected, strict=True):
        np.testing.assert_allclose(row[:, :length, :length], one, atol=1e-6)
        assert not row[:, :length, length:].any()


@pytest.mark.parametrize("by_keyword", [True, False])
def test_multi_head_attention_of_nested_tensors(by_keyword: bool) -> None:
    layer = nn.MultiheadAttention(SIZE, HEADS, batch_first=True).eval()
    x = torch.nested.nested_tensor(histories())
    with torch.no_grad():
        expected, _ = layer(x, x, x, need_weights=False)
        with capturing(layer) as capture:
            if by_keyword:
                output, weights = layer(query=x, key=x, value=x, need_weights=False)
            else:
                output, weights = layer(x, x, x, None, False)
        alone = [layer(one, one, one, average_attn_weights=False)[1].numpy() for one in histories()]
    assert weights is None
    assert output.is_nested
    for one, other in zip(output.unbind(), expected.unbind(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=0)
    [found] = capture.found
    assert_each(found.attention.numpy(), alone)
    assert not layer._forward_pre_hooks and not layer._forward_hooks


def test_an_encoder_on_nested_tensors() -> None:
    layer = nn.TransformerEncoderLayer(SIZE, HEADS, 16, batch_first=True)
    model = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()
    x = torch.nested.nested_tensor(histories())
    with torch.no_grad():
        expected = model(x)
        with capturing(model) as capture:
            output = model(x)
    for one, other in zip(output.unbind(), expected.unbind(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=0)
    assert len(capture.found) == 2


def split(x: Tensor) -> Tensor:
    """Return `[batch, head, position, channel]` of `[batch, position, channel]`."""
    return x.unflatten(-1, [HEADS, -1]).transpose(-3, -2)


def each_alone(*, is_causal: bool) -> list[np.ndarray]:
    parts = [split(one)[None].numpy() for one in histories()]
    masks = [additive(causal(length, length)) if is_causal else None for length in LENGTHS]
    return [attention_of(part, part, mask)[0] for part, mask in zip(parts, masks, strict=True)]


def test_scaled_dot_product_attention_of_jagged_tensors() -> None:
    class Jagged(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return functional.scaled_dot_product_attention(split(x), split(x), split(x))

    x = torch.nested.nested_tensor(histories(), layout=torch.jagged)
    with torch.no_grad(), capturing(model := Jagged()) as capture:
        model(x)
    assert_each(capture.found[0].attention.numpy(), each_alone(is_causal=False))


def test_a_causal_one_which_pytorch_itself_computes_on_gpus_only() -> None:
    x = split(torch.nested.nested_tensor(histories(), layout=torch.jagged))
    found = scaled_dot_product(x, x, x, is_causal=True)
    assert_each(found.numpy(), each_alone(is_causal=True))
