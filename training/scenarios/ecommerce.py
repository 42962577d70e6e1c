"""E-commerce: what a customer of a UK gift shop buys next (UCI Online Retail II, shipped)."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from tensorboard_plugin_attn import Privacy
from training.config import FitConfig, LoggingConfig, ModelConfig, RunConfig
from training.preprocessing.interactions import read_online_retail
from training.train import USER_ATTRIBUTES, Report, new_run_directory, train

DATA = Path(__file__).parents[2] / "demo" / "data" / "online_retail_ii.npz"
DEFAULTS = RunConfig(
    model=ModelConfig(history_length=50, dimension=64, heads=4, layers=2, dropout=0.3),
    fit=FitConfig(epochs=20, batch_size=64, learning_rate=1e-3),
    logging=LoggingConfig(),
)
QUICK = replace(DEFAULTS.fit, epochs=2, max_users=1000)  # to see that it works, not how well


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this scenario's settings to `parser`, their defaults in the help."""
    parser.formatter_class = argparse.ArgumentDefaultsHelpFormatter
    parser.add_argument("--logdir", type=Path, required=True, help="TensorBoard's directory")
    parser.add_argument(
        "--run-name", default="sasrec", help="name in TensorBoard; numbered if it is taken"
    )
    _add_model_arguments(parser.add_argument_group("model"))
    _add_fit_arguments(parser.add_argument_group("training"))
    _add_logging_arguments(parser.add_argument_group("logging"))


def _add_model_arguments(group: argparse._ArgumentGroup) -> None:
    model = DEFAULTS.model
    group.add_argument(
        "--dimension", type=_positive, default=model.dimension, help="size of an item's embedding"
    )
    group.add_argument(
        "--heads", type=_positive, default=model.heads, help="attention heads of each layer"
    )
    group.add_argument(
        "--layers", type=_positive, default=model.layers, help="self-attention layers"
    )
    group.add_argument(
        "--dropout", type=_share, default=model.dropout, help="share that is dropped in training"
    )


def _add_fit_arguments(group: argparse._ArgumentGroup) -> None:
    fit = DEFAULTS.fit
    group.add_argument(
        "--quick",
        action="store_true",
        help=f"{QUICK.epochs} epochs on {QUICK.max_users} customers, if not said otherwise",
    )
    group.add_argument(
        "--epochs",
        type=_positive,
        default=argparse.SUPPRESS,
        help=f"how often to go through the data (default: {fit.epochs})",
    )
    group.add_argument(
        "--max-users",
        type=_positive,
        default=argparse.SUPPRESS,
        help="train on so many customers only (default: all)",
    )
    group.add_argument(
        "--batch-size", type=_positive, default=fit.batch_size, help="histories in a step"
    )
    group.add_argument(
        "--learning-rate", type=float, default=fit.learning_rate, help="of the Adam optimizer"
    )
    group.add_argument("--seed", type=int, default=fit.seed, help="the same seed, the same run")


def _add_logging_arguments(group: argparse._ArgumentGroup) -> None:
    logging = DEFAULTS.logging
    group.add_argument(
        "--cohort", type=_positive, default=logging.cohort_size, help="customers to follow"
    )
    group.add_argument(
        "--every-steps",
        type=_positive,
        default=logging.every_steps,
        help="log attention each so many steps",
    )
    group.add_argument(
        "--max-overhead",
        type=float,
        default=logging.max_overhead,
        help="what logging may cost, as a share of the training's own time",
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def _share(text: str) -> float:
    number = float(text)
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 up to 1")
    return number


def configure(options: argparse.Namespace) -> RunConfig:
    """Return what `options` say.

    Raises:
      ValueError: the settings do not fit together.
    """
    fit = QUICK if options.quick else DEFAULTS.fit
    return RunConfig(
        model=replace(
            DEFAULTS.model,
            dimension=options.dimension,
            heads=options.heads,
            layers=options.layers,
            dropout=options.dropout,
        ),
        fit=FitConfig(
            epochs=getattr(options, "epochs", fit.epochs),
            batch_size=options.batch_size,
            learning_rate=options.learning_rate,
            seed=options.seed,
            max_users=getattr(options, "max_users", fit.max_users),
        ),
        logging=LoggingConfig(
            cohort_size=options.cohort,
            every_steps=options.every_steps,
            max_overhead=options.max_overhead,
        ),
    )


def run(config: RunConfig, logdir: Path, run_name: str) -> Report:
    """Train on the shipped data, in a new run directory."""
    return train(
        read_online_retail(DATA),
        config,
        new_run_directory(logdir, run_name),
        Privacy(user_attributes=USER_ATTRIBUTES),
    )
