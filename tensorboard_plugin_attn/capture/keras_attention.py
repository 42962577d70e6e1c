"""Attention of any Keras 3 model, taken from inside its attention layers while it is traced.

Keras computes post-softmax weights and throws them away; here `_compute_attention` of
`MultiHeadAttention` and `GroupQueryAttention` (and subclasses) is asked to return them, for one
trace of our own. The model is not changed, graphs traced earlier are not touched, and the layer's
output stays that of its own kernel: the one that gives weights rounds and masks a little
differently. An attention class of somebody's own cannot be seen unless it says what it computed
with `note_attention`; without that, `capturing` finds nothing in it.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras

_METHOD = "_compute_attention"
_ASK = "return_attention_scores"
_BASES = (keras.layers.MultiHeadAttention, keras.layers.GroupQueryAttention)
_patching = threading.Lock()
_listening = threading.local()  # .captured: the list of this thread's `capturing`, if there is one


@dataclass(frozen=True)
class CapturedLayer:
    """Symbolic or eager post-softmax, pre-dropout attention of one layer call.

    Attributes:
      name: the layer's path in the model, such as `sasrec/block_0/attention`.
      attention: `[user, head, query, key]`.
      causal: whether the layer was called with `use_causal_mask=True`.
      gate: `[user, head]` of ones the heads' outputs were multiplied by, if gates were asked for:
        the gradient with respect to it is that of switching a head off.
    """

    name: str
    attention: Any
    causal: bool
    gate: Any = None


Gate = Callable[[Any, Any], tuple[Any, Any]]


def note_attention(layer: Any, attention: Any) -> Any:
    """Hand over attention of a class that is no Keras attention layer; does nothing unless logged.

    Call it in the layer's `call`, before dropout: `weights = note_attention(self, weights)`.

    Args:
      layer: the layer, for its name, or a name.
      attention: post-softmax `[user, head, query, key]`, or `[user, query, key]` of one head.

    Returns:
      `attention`, unchanged.

    Raises:
      ValueError: it is being logged and has another rank.
    """
    captured = getattr(_listening, "captured", None)
    if captured is None:
        return attention
    rank = len(attention.shape)
    if rank not in (3, 4):
        raise ValueError(
            f"note_attention: shape {list(attention.shape)} is not [user, head, query, key]"
        )
    name = layer if isinstance(layer, str) else getattr(layer, "path", layer.name)
    by_head = attention if rank == 4 else attention[:, None]
    captured.append(CapturedLayer(name, by_head, causal=False))
    return attention


@contextmanager
def capturing(gate: Gate | None = None) -> Iterator[list[CapturedLayer]]:
    """Collect the attention of every Keras attention layer called in the block, in call order.

    Only calls of this thread are collected; flash attention is off for them and restored.

    Args:
      gate: called with each layer's output before its projection, `[user, query, head, feature]`,
        and its attention; returns what the layer goes on with, and the gate that is in it.
    """
    captured: list[CapturedLayer] = []
    inside: list[Any] = []  # layers being called: a subclass may call its parent's method
    thread = threading.get_ident()
    with _patching:
        originals = [(kind, kind.__dict__[_METHOD]) for kind in _attention_classes()]
        for kind, original in originals:
            setattr(kind, _METHOD, _recording(original, captured, inside, thread, gate))
        _listening.captured = captured
        try:
            yield captured
        finally:
            _listening.captured = None
            for kind, original in originals:
                setattr(kind, _METHOD, original)


def _attention_classes() -> list[type]:
    """Return every loaded class with its own `_compute_attention`."""
    found: list[type] = []
    waiting: list[type] = list(_BASES)
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if _METHOD in kind.__dict__ and kind not in found:
            found.append(kind)
    return found


def _recording(
    original: Callable[..., Any],
    captured: list[CapturedLayer],
    inside: list[Any],
    thread: int,
    gate: Gate | None,
) -> Callable[..., Any]:
    """Return `original`, which also puts its weights into `captured`."""
    signature = inspect.signature(original)
    by_argument = _ASK in signature.parameters  # GroupQueryAttention asks by an attribute

    def compute(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() != thread or any(layer is one for one in inside):
            return original(layer, *args, **kwargs)
        inside.append(layer)
        try:
            return compute_and_capture(layer, *args, **kwargs)
        finally:
            inside.pop()

    def compute_and_capture(layer: Any, *args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(layer, *args, **kwargs)
        wanted = bound.arguments.get(_ASK, getattr(layer, f"_{_ASK}", False))
        settings = {"_flash_attention": False}
        if by_argument:
            bound.arguments[_ASK] = True
        else:
            settings[f"_{_ASK}"] = True
        with _temporarily(layer, settings):
            output, scores = original(*bound.args, **bound.kwargs)
        causal = bool(bound.arguments.get("use_causal_mask", False))
        name = getattr(layer, "path", layer.name)
        if gate is not None:
            output, gated = gate(output, scores)
            captured.append(CapturedLayer(name, scores, causal, gated))
            return output, (scores if wanted else None)
        captured.append(CapturedLayer(name, scores, causal))
        if wanted:
            return output, scores
        try:
            return original(layer, *args, **kwargs)
        except ValueError:
            if not getattr(layer, "_flash_attention", False):
                raise
            return output, None  # this backend has no flash attention: only we can run the model

    return compute


@contextmanager
def _temporarily(layer: Any, settings: dict[str, Any]) -> Iterator[None]:
    """Set attributes the layer already has, for one call (the fused kernel returns no weights)."""
    before = {name: getattr(layer, name) for name in settings if hasattr(layer, name)}
    for name in before:
        setattr(layer, name, settings[name])
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(layer, name, value)
