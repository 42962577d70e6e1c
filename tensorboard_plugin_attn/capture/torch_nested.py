"""Nested tensors: histories of several lengths in one tensor, without padding.

PyTorch computes `nn.MultiheadAttention` of them on its fast path only, which holds no attention.
For one `with` block they are padded on the right before the layer and nested again after it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from tensorboard_plugin_attn.capture import torch_softmax

_FORWARD = inspect.signature(nn.MultiheadAttention.forward)


def scaled_dot_product(query: Tensor, key: Tensor, value: Tensor, **settings: Any) -> Tensor:
    """Return the attention of `scaled_dot_product_attention` of nested tensors.

    Args:
      query: nested `[batch, head, query, channel]`, as many queries as each has.
      key: nested `[batch, head, key, channel]`.
      value: not needed; it is there because the function has it.
      settings: see `torch_softmax.scaled_dot_product`; nested tensors have no `attn_mask`.

    Returns:
      `[batch, head, query, key]`, as long as the longest; what is beyond the others is zero.
    """
    found = [
        torch_softmax.scaled_dot_product(one[None], other[None], other[None], **settings)[0]
        for one, other in zip(query.unbind(), key.unbind(), strict=True)
    ]
    queries, keys = (max(each.shape[axis] for each in found) for axis in (-2, -1))
    padded = found[0].new_zeros(len(found), found[0].shape[0], queries, keys)
    for row, each in zip(padded, found, strict=True):
        row[:, : each.shape[-2], : each.shape[-1]] = each
    return padded


@contextmanager
def padding_nested(model: nn.Module) -> Iterator[None]:
    """Give `model`'s attention layers padded tensors where they would get nested ones."""
    handles: list[Any] = []
    try:
        for module in model.modules():
            if isinstance(module, nn.MultiheadAttention):
                handles += _pad_around(module)
        yield
    finally:
        for handle in handles:
            handle.remove()


def _pad_around(module: nn.MultiheadAttention) -> list[Any]:
    waiting: list[tuple[Tensor, list[int]]] = []  # what a call that is under way was given

    def before(module: Any, args: Any, kwargs: Any) -> Any:
        given = dict(_FORWARD.bind(module, *args, **kwargs).arguments)
        del given["self"]
        query, key = given["query"], given["key"]
        if not query.is_nested:
            return None
        waiting.append((query, _lengths(query)))
        padded = {id(each): _padded(each) for each in (query, key, given["value"])}
        places = torch.arange(padded[id(key)].shape[1], device=key.device)
        beyond = places >= torch.tensor(_lengths(key), device=key.device)[:, None]
        tensors = {name: padded[id(given[name])] for name in ("query", "key", "value")}
        return (), {**given, **tensors, "key_padding_mask": beyond}

    def after(module: Any, args: Any, output: Any) -> Any:
        if not waiting:
            return None
        query, lengths = waiting.pop()
        parts = [row[:length] for row, length in zip(output[0], lengths, strict=True)]
        return torch.nested.as_nested_tensor(parts, layout=query.layout), output[1]

    return [
        module.register_forward_pre_hook(before, with_kwargs=True),
        module.register_forward_hook(after),
    ]


def _lengths(nested: Tensor) -> list[int]:
    return [len(each) for each in nested.unbind()]


def _padded(nested: Tensor) -> Tensor:
    return torch.nested.to_padded_tensor(nested, 0.0)
