"""E-commerce: what a customer of a UK gift shop buys next (UCI Online Retail II, shipped)."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from tensorboard_plugin_attn import Privacy
from training import arguments
from training.config import FitConfig, LoggingConfig, ModelConfig, RunConfig
from training.preprocessing.interactions import Interactions, read_online_retail

DATA = Path(__file__).parents[2] / "demo" / "data" / "online_retail_ii.npz"
DEFAULTS = RunConfig(
    model=ModelConfig(history_length=50, dimension=64, heads=4, layers=2, dropout=0.3),
    fit=FitConfig(epochs=20, batch_size=64, learning_rate=1e-3),
    logging=LoggingConfig(),
)
QUICK = replace(DEFAULTS.fit, epochs=2, max_users=1000)  # to see that it works, not how well
# What the cohort's users may show of themselves besides their pseudonym.
USER_ATTRIBUTES = frozenset({"country", "history"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this scenario's settings to `parser`, their defaults in the help."""
    arguments.add_arguments(parser, arguments.Defaults(DEFAULTS, QUICK))


def configure(options: argparse.Namespace) -> RunConfig:
    """Return what `options` say.

    Raises:
      ValueError: the settings do not fit together.
    """
    return arguments.configure(options, arguments.Defaults(DEFAULTS, QUICK))


def data() -> Interactions:
    """Return the shipped data."""
    return read_online_retail(DATA)


def privacy() -> Privacy:
    """Return what of the customers may be written."""
    return Privacy(user_attributes=USER_ATTRIBUTES)
