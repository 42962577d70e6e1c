"""One scenario from the command line: a new run or a resumed one, on one device or on many."""

from __future__ import annotations

import argparse
from typing import Any

from training import distributed
from training.config import RunConfig
from training.train import Report, new_run_directory, resume, train


def run(scenario: Any, config: RunConfig, options: argparse.Namespace) -> Report:
    """Train as `options` say.

    Args:
      scenario: a module with `data()`, the interactions, and `privacy()`.
      config: what `options` mean, see `arguments.configure`.
      options: of `arguments.add_arguments`.

    Raises:
      ValueError: there is nothing to resume, or workers are not named.
    """
    strategy = distributed.strategy_of(config.fit.strategy)
    interactions = scenario.data()
    common: dict[str, Any] = {"strategy": strategy}
    if options.resume is not None:
        return resume(
            interactions,
            options.logdir / options.resume,
            scenario.privacy(),
            epochs=getattr(options, "epochs", None),
            **common,
        )
    name = getattr(options, "run_name", config.model.architecture)
    # Several workers must agree on the directory, so none takes one that is there by its own look.
    directory = (
        options.logdir / name if strategy is not None else new_run_directory(options.logdir, name)
    )
    return train(interactions, config, directory, scenario.privacy(), **common)
