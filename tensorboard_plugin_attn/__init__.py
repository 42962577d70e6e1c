"""Attn for TensorBoard: log the attention of recommender models, replay it in a tab.

This is the public logging API and nothing else. Importing it loads no machine-learning framework
(the Keras callback is in `tensorboard_plugin_attn.capture.keras`), and nothing at all until a
name is used: TensorBoard imports this package at start, where a failure would take it down.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from tensorboard_plugin_attn import version

if TYPE_CHECKING:
    from tensorboard_plugin_attn.capture.cohort import Cohort, Item, User
    from tensorboard_plugin_attn.logging import (
        AttentionWriter,
        QueueLimits,
        UserRecommendations,
        WriterStatus,
        schedule,
        summary,
    )
    from tensorboard_plugin_attn.privacy import Privacy

__all__ = [
    "AttentionWriter",
    "Cohort",
    "Item",
    "Privacy",
    "QueueLimits",
    "User",
    "UserRecommendations",
    "WriterStatus",
    "__version__",
    "schedule",
    "summary",
]

__version__ = version.VERSION

_HOMES = {
    "AttentionWriter": "logging",
    "Cohort": "capture.cohort",
    "Item": "capture.cohort",
    "Privacy": "privacy",
    "QueueLimits": "logging",
    "User": "capture.cohort",
    "UserRecommendations": "logging",
    "WriterStatus": "logging",
}
_MODULES = ("schedule", "summary")


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name in _MODULES:
        return import_module(f"{__name__}.logging.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
