"""Hugging Face models run their attention by name; some of the names cannot be seen into.

For one `with` block those are exchanged for one that can (`sdpa`, or `eager` where the model has no
`sdpa`), through the configuration that the model reads at every call. It imports no `transformers`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

_NAME = "_attn_implementation"
_VISIBLE = ("sdpa", "eager", None)


@contextmanager
def visible_implementation(model: nn.Module) -> Iterator[None]:
    """Let every part of `model` compute attention in a way that can be seen; restore after."""
    before = [
        (config, getattr(config, _NAME), _visible(owner)) for owner, config in _configured(model)
    ]
    hidden = [entry for entry in before if entry[1] not in _VISIBLE]
    try:
        for config, _, visible in hidden:
            setattr(config, _NAME, visible)
        yield
    finally:
        for config, name, _ in before if hidden else []:
            setattr(config, _NAME, name)  # parents before their parts: each gets its own back


def _visible(owner: nn.Module) -> str:
    return "sdpa" if getattr(owner, "_supports_sdpa", False) else "eager"


def _configured(model: nn.Module) -> Iterator[tuple[nn.Module, Any]]:
    """Yield each configuration once, with a module that reads it, parents before their parts."""
    seen: set[int] = set()
    for module in model.modules():
        waiting = [getattr(module, "config", None)]
        while waiting:
            config = waiting.pop(0)
            if id(config) in seen or not hasattr(config, _NAME):
                continue
            seen.add(id(config))
            yield module, config
            waiting += [getattr(config, part, None) for part in getattr(config, "sub_configs", ())]
