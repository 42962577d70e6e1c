"""Attention worked out again is what the definition says, whatever the masks and shapes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from tensorboard_plugin_attn.capture import torch_softmax
from tests.fixtures.attention_definition import additive, attention_of, causal

SIZES = st.integers(1, 5)
MASKS = st.sampled_from(["none", "causal", "boolean", "float", "all closed in one row"])


def numbers(seed: int, *shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


def mask_of(kind: str, shape: tuple[int, int, int, int], seed: int) -> torch.Tensor | None:
    random = np.random.default_rng(seed)
    if kind == "boolean":
        return torch.from_numpy(random.random(shape) < 0.5)
    if kind == "float":
        return torch.from_numpy(random.normal(size=shape)).float()
    if kind == "all closed in one row":
        mask = np.ones(shape, bool)
        mask[0, 0, -1] = False
        return torch.from_numpy(mask)
    return None


def added_of(mask: torch.Tensor | None) -> np.ndarray | None:
    if mask is None:
        return None
    return additive(mask.numpy()) if mask.dtype == torch.bool else mask.double().numpy()


@settings(max_examples=40, deadline=None)
@given(
    batch=SIZES,
    groups=st.integers(1, 3),
    shared=st.integers(1, 3),
    queries=SIZES,
    keys=SIZES,
    channels=SIZES,
    kind=MASKS,
    scale=st.sampled_from([None, 0.3, 1.0]),
    seed=st.integers(0, 99),
)
def test_scaled_dot_product_is_the_definition(
    batch: int,
    groups: int,
    shared: int,
    queries: int,
    keys: int,
    channels: int,
    kind: str,
    scale: float | None,
    seed: int,
) -> None:
    heads = groups * shared
    query = numbers(seed, batch, heads, queries, channels)
    key = numbers(seed + 1, batch, groups, keys, channels)
    mask = mask_of(kind, (batch, heads, queries, keys), seed)
    found = torch_softmax.scaled_dot_product(
        query,
        key,
        key,
        attn_mask=mask,
        is_causal=kind == "causal",
        scale=scale,
        enable_gqa=shared > 1,
    )
    added = additive(causal(queries, keys)) if kind == "causal" else added_of(mask)
    expected = attention_of(query.numpy(), key.numpy(), added, scale)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    heads=st.integers(1, 3),
    queries=SIZES,
    keys=SIZES,
    kind=MASKS,
    seed=st.integers(0, 99),
    shape=st.sampled_from(["query key", "batch 1 query key", "1 1 1 key"]),
)
def test_attention_times_values_is_what_pytorch_returns(
    heads: int, queries: int, keys: int, kind: str, seed: int, shape: str
) -> None:
    query, key, value = (
        numbers(seed, 2, heads, queries, 4),
        numbers(seed + 1, 2, heads, keys, 4),
        numbers(seed + 2, 2, heads, keys, 4),
    )
    mask = mask_of(kind, (2, 1, queries, keys), seed)
    if mask is not None and shape == "query key":
        mask = mask[0, 0]
    if mask is not None and shape == "1 1 1 key":
        mask = mask[:1, :1, :1]
    arguments = {"attn_mask": mask, "is_causal": kind == "causal"}
    expected = functional.scaled_dot_product_attention(query, key, value, **arguments)
    found = torch_softmax.scaled_dot_product(query, key, value, **arguments)
    closed = found.sum(dim=-1) == 0  # older PyTorch gives NaN there, newer zeros
    torch.testing.assert_close((found @ value)[~closed], expected[~closed], atol=1e-5, rtol=0)


def test_without_a_head_axis_there_is_one_head() -> None:
    query, key = numbers(0, 2, 4, 8), numbers(1, 2, 5, 8)
    mask = torch.rand(2, 4, 5) < 0.8
    mask[:, :, 0] = True
    found = torch_softmax.scaled_dot_product(query, key, key, mask)
    expected = attention_of(
        query[:, None].numpy(), key[:, None].numpy(), additive(mask.numpy())[:, None]
    )
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_worked_out_in_float32(dtype: torch.dtype) -> None:
    query, key = numbers(0, 2, 2, 6, 8, dtype=dtype), numbers(1, 2, 2, 6, 8, dtype=dtype)
    found = torch_softmax.scaled_dot_product(query, key, key)
    assert found.dtype == torch.float32
    expected = attention_of(query.double().numpy(), key.double().numpy())
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-6)


def test_double_precision_stays_double() -> None:
    query = numbers(0, 1, 1, 3, 4, dtype=torch.float64)
    found = torch_softmax.scaled_dot_product(query, query, query)
    np.testing.assert_allclose(
        found.numpy(), attention_of(query.numpy(), query.numpy()), atol=1e-14
    )


def test_a_causal_bias_is_the_mask_it_stands_for() -> None:
    from torch.nn.attention.bias import causal_lower_right

    query, key = numbers(0, 1, 2, 3, 4), numbers(1, 1, 2, 5, 4)
    found = torch_softmax.scaled_dot_product(query, key, key, causal_lower_right(3, 5))
    may_attend = np.tril(np.ones((3, 5), bool), 2)
    expected = attention_of(query.numpy(), key.numpy(), additive(may_attend))
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-6)


def projected(layer: nn.MultiheadAttention, x: torch.Tensor, part: int) -> np.ndarray:
    """Return `[batch, head, position, channel]` of query (0) or key (1), in float64."""
    size = layer.embed_dim
    weight = layer.in_proj_weight.detach().double().numpy()[part * size : (part + 1) * size]
    bias = layer.in_proj_bias.detach().double().numpy()[part * size : (part + 1) * size]
    y = x.double().numpy() @ weight.T + bias
    return y.reshape(*y.shape[:2], layer.num_heads, -1).transpose(0, 2, 1, 3)


@settings(max_examples=40, deadline=None)
@given(
    heads=st.integers(1, 3),
    positions=SIZES,
    kind=st.sampled_from(["none", "boolean", "float", "causal hint", "per head"]),
    padded=st.booleans(),
    asked=st.sampled_from(["no", "mean", "all"]),
    training=st.booleans(),
    seed=st.integers(0, 99),
)
def test_multi_head_is_the_definition_and_answers_as_asked(
    heads: int, positions: int, kind: str, padded: bool, asked: str, training: bool, seed: int
) -> None:
    torch.manual_seed(seed)
    layer = nn.MultiheadAttention(4 * heads, heads, dropout=0.5, batch_first=True).train(training)
    nn.init.normal_(layer.in_proj_bias)
    x = numbers(seed, 2, positions, 4 * heads)
    added = np.zeros((2, heads, positions, positions))
    arguments: dict[str, object] = {}
    if kind in ("boolean", "causal hint"):
        may_attend = causal(positions, positions)
        arguments["attn_mask"] = torch.from_numpy(~may_attend)
        arguments["is_causal"] = kind == "causal hint"
        added = added + additive(may_attend)
    elif kind != "none":
        shape = (positions, positions) if kind == "float" else (2 * heads, positions, positions)
        bias = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
        arguments["attn_mask"] = torch.from_numpy(bias)
        added = added + bias.reshape(-1, *bias.shape[-2:]).reshape(
            (1, 1, *bias.shape) if kind == "float" else (2, heads, *bias.shape[1:])
        )
    if padded:
        padding = np.zeros((2, positions), bool)
        padding[1, 0] = True  # with a causal mask the first row is closed altogether
        floats = kind in ("float", "per head")
        arguments["key_padding_mask"] = torch.from_numpy(
            additive(~padding).astype(np.float32) if floats else padding
        )
        added = added + additive(~padding)[:, None, None]
    arguments |= {"need_weights": asked != "no", "average_attn_weights": asked == "mean"}
    captured = []

    class Seen(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            if function is not functional.multi_head_attention_forward:
                return function(*args, **(kwargs or {}))
            result, attention = torch_softmax.multi_head(function, args, kwargs or {})
            captured.append(attention)
            return result

    with torch.no_grad():
        torch.manual_seed(seed)
        expected = layer(x, x, x, **arguments)
        torch.manual_seed(seed)
        with Seen():
            result = layer(x, x, x, **arguments)
    # Where a row may attend to nothing, PyTorch's kernels differ: NaN in one, zeros in another.
    is_open = torch.from_numpy(np.isfinite(added).any(axis=-1).all(axis=1))  # [batch, query]
    torch.testing.assert_close(result[0][is_open], expected[0][is_open], atol=1e-6, rtol=0)
    assert (result[1] is None) == (asked == "no")
    if asked != "no":
        torch.testing.assert_close(result[1], expected[1], atol=1e-6, rtol=0, equal_nan=True)
    defined = attention_of(projected(layer, x, 0), projected(layer, x, 1), added)
    np.testing.assert_allclose(captured[0].numpy(), defined, atol=2e-6)
