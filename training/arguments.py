"""Command-line settings that every scenario has, and the configuration they make.

A setting that is not given keeps the scenario's default, which the help names.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from training.config import (
    ARCHITECTURES,
    LOSSES,
    PRECISIONS,
    SCORINGS,
    SIMILARITIES,
    STRATEGIES,
    FitConfig,
    RunConfig,
)


@dataclass(frozen=True)
class Defaults:
    """What a scenario does if nothing is said.

    Attributes:
      config: the usual training.
      quick: the short one, to see that it works, not how well.
    """

    config: RunConfig
    quick: FitConfig


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add a scenario's settings to `parser`, their defaults in the help."""
    parser.formatter_class = argparse.ArgumentDefaultsHelpFormatter
    parser.add_argument("--logdir", type=Path, required=True, help="TensorBoard's directory")
    parser.add_argument(
        "--run-name",
        default=argparse.SUPPRESS,
        help="name in TensorBoard; numbered if it is taken (default: the model's)",
    )
    parser.add_argument(
        "--resume",
        metavar="RUN",
        default=None,
        help="go on with this run of the log directory, up to --epochs in all",
    )
    _add_model(parser.add_argument_group("model"), defaults)
    _add_fit(parser.add_argument_group("training"), defaults)
    _add_logging(parser.add_argument_group("logging"), defaults)


def _add_model(group: argparse._ArgumentGroup, defaults: Defaults) -> None:
    model = defaults.config.model
    group.add_argument(
        "--model", choices=tuple(ARCHITECTURES), default=model.architecture, help="which one"
    )
    group.add_argument(
        "--dimension", type=positive, default=model.dimension, help="size of an item's embedding"
    )
    group.add_argument(
        "--heads", type=positive, default=model.heads, help="attention heads of each layer"
    )
    group.add_argument(
        "--layers", type=positive, default=model.layers, help="self-attention layers"
    )
    group.add_argument(
        "--dropout", type=share, default=model.dropout, help="share that is dropped in training"
    )
    group.add_argument(
        "--similarity",
        choices=SIMILARITIES,
        default=model.similarity,
        help="of query and key, feature_attention only",
    )
    group.add_argument(
        "--scoring",
        choices=SCORINGS,
        default=model.scoring,
        help="of a candidate, feature_attention only",
    )


def _add_fit(group: argparse._ArgumentGroup, defaults: Defaults) -> None:
    fit, loss, quick = defaults.config.fit, defaults.config.loss, defaults.quick
    group.add_argument(
        "--quick",
        action="store_true",
        help=f"{quick.epochs} epochs on {quick.max_users} users, if not said otherwise",
    )
    group.add_argument(
        "--epochs",
        type=positive,
        default=argparse.SUPPRESS,
        help=f"how often to go through the data (default: {fit.epochs})",
    )
    group.add_argument(
        "--max-users",
        type=positive,
        default=argparse.SUPPRESS,
        help="train on so many users only (default: all)",
    )
    group.add_argument(
        "--patience",
        type=positive,
        default=fit.patience,
        help="stop after so many epochs without a better validation NDCG@10",
    )
    group.add_argument(
        "--batch-size", type=positive, default=fit.batch_size, help="examples in a batch"
    )
    group.add_argument(
        "--accumulate", type=positive, default=fit.accumulate, help="batches that make one step"
    )
    group.add_argument(
        "--learning-rate", type=float, default=fit.learning_rate, help="of the Adam optimizer"
    )
    group.add_argument(
        "--loss",
        choices=LOSSES,
        default=loss.name,
        help="auto: full_softmax up to 50 000 items, else sampled_softmax",
    )
    group.add_argument(
        "--negatives", type=positive, default=loss.negatives, help="drawn by sampled losses"
    )
    group.add_argument(
        "--gbce-t", type=float, default=loss.gbce_t, help="calibration of gbce, 0 to 1"
    )
    group.add_argument(
        "--precision", choices=PRECISIONS, default=fit.precision, help="Keras' dtype policy"
    )
    group.add_argument(
        "--strategy",
        choices=STRATEGIES,
        default=fit.strategy,
        help="devices of this machine (mirrored), or the workers of TF_CONFIG (multiworker)",
    )
    group.add_argument("--seed", type=int, default=fit.seed, help="the same seed, the same run")


def _add_logging(group: argparse._ArgumentGroup, defaults: Defaults) -> None:
    logging = defaults.config.logging
    group.add_argument(
        "--cohort", type=positive, default=logging.cohort_size, help="users to follow"
    )
    group.add_argument(
        "--every-steps",
        type=positive,
        default=logging.every_steps,
        help="log attention each so many steps",
    )
    group.add_argument(
        "--max-overhead",
        type=float,
        default=logging.max_overhead,
        help="what logging may cost, as a share of the training's own time",
    )
    group.add_argument(
        "--no-models",
        action="store_true",
        help="log no portable models, with which the tab explains and replays recommendations",
    )


def configure(options: argparse.Namespace, defaults: Defaults) -> RunConfig:
    """Return what `options` say.

    Raises:
      ValueError: the settings do not fit together.
    """
    base = defaults.config
    fit = defaults.quick if options.quick else base.fit
    given: dict[str, Any] = {
        name: getattr(options, name) for name in ("epochs", "max_users") if name in options
    }
    return RunConfig(
        model=replace(
            base.model,
            architecture=options.model,
            dimension=options.dimension,
            heads=options.heads,
            layers=options.layers,
            dropout=options.dropout,
            similarity=options.similarity,
            scoring=options.scoring,
        ),
        fit=replace(
            fit,
            batch_size=options.batch_size,
            learning_rate=options.learning_rate,
            seed=options.seed,
            accumulate=options.accumulate,
            precision=options.precision,
            patience=options.patience,
            strategy=options.strategy,
            **given,
        ),
        loss=replace(
            base.loss,
            name=options.loss,
            negatives=options.negatives,
            gbce_t=options.gbce_t,
            seed=options.seed,
        ),
        logging=replace(
            base.logging,
            cohort_size=options.cohort,
            every_steps=options.every_steps,
            max_overhead=options.max_overhead,
            models=not options.no_models,
        ),
    )


def positive(text: str) -> int:
    """Return `text` as a number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def share(text: str) -> float:
    """Return `text` as a number from 0 up to 1."""
    number = float(text)
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 up to 1")
    return number
