"""Post-softmax attention of PyTorch's own functions, computed again as they define it.

The fused kernels never hold these numbers, so they are worked out from the same arguments, without
dropout. The functions are not called differently: what the model computes stays as it is.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

_MULTI_HEAD = inspect.signature(functional.multi_head_attention_forward)


def scaled_dot_product(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Return the attention of `scaled_dot_product_attention`, before dropout.

    Args:
      query: `[batch, head, query, channel]`, or without the heads.
      key: `[batch, head, key, channel]`; with `enable_gqa` a divisor of the query's heads.
      value: not needed; it is there because the function has it.
      attn_mask: boolean (True: may attend) or added to the scores; broadcast to the attention.
      dropout_p: not applied.
      is_causal: mask what is above the diagonal that starts at the top left.
      scale: of the scores; `1 / sqrt(channel)` if `None`.
      enable_gqa: several heads of the query share one of the key.

    Returns:
      `[batch, head, query, key]` (one head if there were none), at least float32. Rows that may
      attend to nothing are zeros.
    """
    if query.dim() == 3:
        query, key = query.unsqueeze(1), key.unsqueeze(1)
        if isinstance(attn_mask, Tensor) and attn_mask.dim() == 3:
            attn_mask = attn_mask.unsqueeze(1)
    query, key = exact(query), exact(key)
    if enable_gqa and key.shape[1] != query.shape[1]:
        key = key.repeat_interleave(query.shape[1] // key.shape[1], dim=1)
    factor = 1.0 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = (query @ key.transpose(-2, -1)) * factor  # [batch, head, query, key]
    if is_causal:
        scores = scores.masked_fill(_future(scores), -math.inf)
    if attn_mask is not None:
        scores = _masked(scores, attn_mask)
    return _softmax(scores)


def multi_head(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, Tensor]:
    """Call `F.multi_head_attention_forward` as asked; return its result and its attention.

    The attention comes from a second call, without dropout, unless the first gave just that.

    Returns:
      The result, and `[batch, head, query, key]`. Rows that may attend to nothing are zeros.
    """
    result = function(*args, **kwargs)
    bound = _MULTI_HEAD.bind(*args, **kwargs)
    bound.apply_defaults()
    given = bound.arguments
    if given["need_weights"] and not given["average_attn_weights"] and not _drops(given):
        attention = result[1]
    else:
        asked = {"need_weights": True, "average_attn_weights": False, "training": False}
        attention = function(**{**given, **asked})[1]
    if attention.dim() == 3:  # [head, query, key]: there was no batch
        attention = attention.unsqueeze(0)
    closed = _closed_rows(given["attn_mask"], given["key_padding_mask"], attention)
    return result, exact(attention if closed is None else attention.masked_fill(closed, 0.0))


def exact(numbers: Tensor) -> Tensor:
    """Return `numbers` in float32 if they have fewer bits."""
    return numbers.float() if numbers.dtype in (torch.float16, torch.bfloat16) else numbers


def _drops(given: dict[str, Any]) -> bool:
    return bool(given["training"]) and given["dropout_p"] > 0


def _future(scores: Tensor) -> Tensor:
    """Return which cells of `[..., query, key]` are later keys; as PyTorch, from the top left."""
    return torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)


def _masked(scores: Tensor, mask: Any) -> Tensor:
    if hasattr(mask, "_materialize"):  # torch.nn.attention.bias.CausalBias
        mask = mask._materialize(scores.device)
    if mask.dtype == torch.bool:
        return scores.masked_fill(~mask, -math.inf)
    return scores + exact(mask)


def _softmax(scores: Tensor) -> Tensor:
    closed = (scores == -math.inf).all(dim=-1, keepdim=True)
    return scores.masked_fill(closed, 0.0).softmax(dim=-1).masked_fill(closed, 0.0)


def _closed_rows(attn_mask: Any, key_padding_mask: Any, attention: Tensor) -> Tensor | None:
    """Return which rows of `[batch, head, query, key]` have every key masked, if any mask is given.

    Here True in a boolean mask means: must not attend.
    """
    batch, heads, queries, keys = attention.shape
    blocked = torch.zeros(1, 1, 1, 1, dtype=torch.bool, device=attention.device)
    if attn_mask is not None:
        mask = _blocks(attn_mask)  # [query, key] or [batch * head, query, key]
        blocked = blocked | (
            mask.view(batch, heads, queries, -1) if mask.dim() == 3 else mask[None, None]
        )
    if key_padding_mask is not None:
        blocked = blocked | _blocks(key_padding_mask).view(batch, 1, 1, -1)
    # Keys the layer adds (bias_k, add_zero_attn) are never masked: then no row is closed.
    return blocked.all(dim=-1, keepdim=True) if blocked.shape[-1] == keys else None


def _blocks(mask: Tensor) -> Tensor:
    return mask if mask.dtype == torch.bool else mask == -math.inf
