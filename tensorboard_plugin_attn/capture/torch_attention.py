"""Attention of PyTorch models as they are, taken from the functions that compute it.

Seen are `F.scaled_dot_product_attention`, `F.multi_head_attention_forward` (and so
`nn.MultiheadAttention`, `nn.TransformerEncoder` and their kin), and a softmax over the last axis of
`[batch, head, query, key]`. The model's output is the one it would give alone. What cannot be seen
is not guessed at: fused kernels of other libraries and a softmax of any other shape need one line,
`note_attention`.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from tensorboard_plugin_attn.capture import torch_nested, torch_softmax
from tensorboard_plugin_attn.capture.torch_huggingface import visible_implementation
from tensorboard_plugin_attn.capture.torch_names import ModuleStack

_SOFTMAX = (functional.softmax, torch.softmax, Tensor.softmax, torch.special.softmax)
_running = threading.local()


@dataclass(frozen=True)
class CapturedAttention:
    """One attention, as it was computed.

    Attributes:
      name: path of the module that computed it.
      attention: post-softmax, before dropout, `[batch, head, query, key]`.
    """

    name: str
    attention: Tensor


@dataclass
class Capture:
    """What one `with capturing(model)` saw.

    Attributes:
      found: attention in the order it was computed.
      unclear: what may have been attention but was not taken, in words.
    """

    found: list[CapturedAttention] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    _taken: list[Tensor] = field(default_factory=list)

    def add(self, name: str, attention: Tensor) -> None:
        """Keep a copy of `attention [batch, head, query, key]`: models change it in place.

        One tensor is kept once: a softmax that is seen may be noted as well.
        """
        if not any(attention is known for known in self._taken):
            self._taken.append(attention)
            kept = attention.detach().clone()
            self.found.append(CapturedAttention(name, kept if kept.dim() == 4 else kept[:, None]))


@contextmanager
def capturing(model: nn.Module) -> Iterator[Capture]:
    """Collect the attention that `model` computes inside this block, in this thread.

    PyTorch's inference fast path of `nn.TransformerEncoder` is not taken meanwhile (its kernel
    holds no attention), compiled parts run uncompiled, and a Hugging Face model runs on an
    implementation that can be seen. All of that ends with the block.
    """
    capture, modules = Capture(), ModuleStack(model)
    outer = getattr(_running, "now", None)
    with ExitStack() as stack:
        stack.enter_context(_uncompiled())
        stack.enter_context(visible_implementation(model))
        stack.enter_context(torch_nested.padding_nested(model))
        stack.enter_context(modules.following())
        stack.enter_context(_Watching(capture, modules))
        _running.now = (capture, modules)
        try:
            yield capture
        finally:
            _running.now = outer


def note_attention(module: nn.Module | str, attention: Tensor) -> Tensor:
    """Hand over attention that cannot be seen from outside; does nothing unless it is being logged.

    Call it inside a `forward`, before dropout: `weights = note_attention(self, weights)`.

    Args:
      module: the module that computes it, or a name for the layer.
      attention: post-softmax, `[batch, head, query, key]`, or `[batch, query, key]` of one head.

    Returns:
      `attention`, unchanged.

    Raises:
      ValueError: it is being logged and has another rank.
    """
    if torch.compiler.is_compiling() or (running := getattr(_running, "now", None)) is None:
        return attention
    if attention.dim() not in (3, 4):
        raise ValueError(
            f"note_attention: shape {list(attention.shape)} is not [batch, head, query, key]"
        )
    capture, modules = running
    name = module if isinstance(module, str) else modules.path(module)
    capture.add(name, attention)
    return attention


class _Watching(TorchFunctionMode):  # type: ignore[misc]
    """Sees the calls of PyTorch's functions. Inside a function it handles, it is off."""

    def __init__(self, capture: Capture, modules: ModuleStack) -> None:
        super().__init__()
        self._capture = capture
        self._modules = modules

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if function is functional.multi_head_attention_forward:
            result, attention = torch_softmax.multi_head(function, args, kwargs)
            self._capture.add(self._modules.innermost(), attention)
            return result
        result = function(*args, **kwargs)
        if function is functional.scaled_dot_product_attention:
            self._take_scaled_dot_product(args, kwargs)
        elif function in _SOFTMAX:
            self._take_softmax(args, kwargs, result)
        return result

    def _take_scaled_dot_product(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        name, query = self._modules.innermost(), (args[0] if args else kwargs["query"])
        if query.dim() not in (3, 4):
            self._capture.unclear.append(f"{name}: a query of shape {list(query.shape)}")
            return
        how = torch_nested if query.is_nested else torch_softmax
        self._capture.add(name, how.scaled_dot_product(*args, **kwargs))

    def _take_softmax(self, args: tuple[Any, ...], kwargs: dict[str, Any], result: Tensor) -> None:
        """Take a softmax that can only be attention: square, or of one query.

        Others (a mixture's gates, the feature maps of linear attention) look alike.
        """
        axis = kwargs.get("dim", args[1] if len(args) > 1 else None)
        if not isinstance(axis, int) or axis % max(result.dim(), 1) != result.dim() - 1:
            return
        queries = result.shape[-2] if result.dim() > 1 else 0
        if result.dim() == 4 and queries in (1, result.shape[-1]):
            self._capture.add(self._modules.innermost(), result)
        elif result.dim() in (3, 4):
            name = self._modules.innermost()
            self._capture.unclear.append(f"{name}: a softmax of shape {list(result.shape)}")


@contextmanager
def _uncompiled() -> Iterator[None]:
    """Run compiled functions as they were written; nothing to do if none was ever compiled."""
    if "torch._dynamo" not in sys.modules:
        yield
        return
    with torch.compiler.set_stance("force_eager"):
        yield
