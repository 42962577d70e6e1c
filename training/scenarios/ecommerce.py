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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this scenario's settings to `parser`."""
    model, fit, logging = DEFAULTS.model, DEFAULTS.fit, DEFAULTS.logging
    parser.add_argument("--logdir", type=Path, required=True, help="TensorBoard's directory")
    parser.add_argument("--run-name", default="sasrec", help="default: %(default)s")
    parser.add_argument("--epochs", type=int, default=fit.epochs, help="default: %(default)s")
    parser.add_argument("--batch-size", type=int, default=fit.batch_size, help="%(default)s")
    parser.add_argument(
        "--learning-rate", type=float, default=fit.learning_rate, help="%(default)s"
    )
    parser.add_argument("--dimension", type=int, default=model.dimension, help="%(default)s")
    parser.add_argument("--heads", type=int, default=model.heads, help="%(default)s per layer")
    parser.add_argument("--layers", type=int, default=model.layers, help="%(default)s")
    parser.add_argument("--dropout", type=float, default=model.dropout, help="%(default)s")
    parser.add_argument("--seed", type=int, default=fit.seed, help="%(default)s")
    parser.add_argument("--max-users", type=int, help="train on so many customers only")
    parser.add_argument(
        "--cohort", type=int, default=logging.cohort_size, help="users to follow (%(default)s)"
    )
    parser.add_argument(
        "--every-steps", type=int, default=logging.every_steps, help="log each Nth step (1)"
    )


def run(options: argparse.Namespace) -> Report:
    """Train as `options` say."""
    config = RunConfig(
        model=replace(
            DEFAULTS.model,
            dimension=options.dimension,
            heads=options.heads,
            layers=options.layers,
            dropout=options.dropout,
        ),
        fit=FitConfig(
            epochs=options.epochs,
            batch_size=options.batch_size,
            learning_rate=options.learning_rate,
            seed=options.seed,
            max_users=options.max_users,
        ),
        logging=LoggingConfig(cohort_size=options.cohort, every_steps=options.every_steps),
    )
    return train(
        read_online_retail(DATA),
        config,
        new_run_directory(options.logdir, options.run_name),
        Privacy(user_attributes=USER_ATTRIBUTES),
    )
