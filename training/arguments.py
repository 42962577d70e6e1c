"""Command-line settings that every scenario has, and the configuration they make.

A setting that is not given keeps the scenario's default, which the help names.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
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
from training.features.choice import CHOICES


@dataclass(frozen=True)
class Defaults:
    """What a scenario does if nothing is said.

    Attributes:
      config: the usual training.
      quick: the short one, to see that it works, not how well.
      features: the usual training of FeatureAttention; `None`: as the others.
      models: which are trained, one after the other.
    """

    config: RunConfig
    quick: FitConfig
    features: RunConfig | None = None
    models: tuple[str, ...] = ("sasrec", "feature_attention")

    def of(self, architecture: str) -> RunConfig:
        """Return the usual training of `architecture`."""
        base = self.config
        if self.features is not None and architecture == "feature_attention":
            base = self.features
        return replace(base, model=replace(base.model, architecture=architecture))

    def say(self, value: Callable[[RunConfig], object]) -> str:
        """Return what the help says of a setting that may differ between models."""
        usual, features = value(self.config), value(self.of("feature_attention"))
        differs = "" if features == usual else f"; {features} for feature_attention"
        return f"(default: {usual}{differs})"


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults, takes: str) -> None:
    """Add a scenario's settings to `parser`, their defaults in the help.

    Args:
      parser: of the scenario's command.
      defaults: of the scenario.
      takes: what `--data` is the path of.
    """
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
    _add_data(parser.add_argument_group("data"), takes)
    _add_model(parser.add_argument_group("model"), defaults)
    _add_fit(parser.add_argument_group("training"), defaults)
    _add_logging(parser.add_argument_group("logging"), defaults)


def _add_data(group: argparse._ArgumentGroup, takes: str) -> None:
    group.add_argument("--data", type=Path, default=None, metavar="PATH", help=takes)
    group.add_argument(
        "--split",
        choices=("leave_one_out", "global_time"),
        default="leave_one_out",
        help="hold out each user's last two items, or all that is later than a moment",
    )
    group.add_argument(
        "--text-encoder",
        choices=CHOICES,
        default="auto",
        help="makes vectors of texts, for feature_attention; auto: wordllama if it is installed",
    )


def _add_model(group: argparse._ArgumentGroup, defaults: Defaults) -> None:
    model = defaults.config.model
    group.add_argument(
        "--model",
        nargs="+",
        choices=tuple(ARCHITECTURES),
        default=list(defaults.models),
        help="one or several, a run each",
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
        "--dropout",
        type=share,
        default=argparse.SUPPRESS,
        help=f"share that is dropped in training {defaults.say(lambda c: c.model.dropout)}",
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
        help=f"how often to go through the data {defaults.say(lambda c: c.fit.epochs)}",
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
        "--learning-rate",
        type=float,
        default=argparse.SUPPRESS,
        help=f"of the Adam optimizer {defaults.say(lambda c: c.fit.learning_rate)}",
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


def configure(options: argparse.Namespace, defaults: Defaults, architecture: str) -> RunConfig:
    """Return what `options` say of the model `architecture`.

    Raises:
      ValueError: the settings do not fit together.
    """
    base = defaults.of(architecture)
    fit = base.fit
    if options.quick:
        fit = replace(fit, epochs=defaults.quick.epochs, max_users=defaults.quick.max_users)
    return RunConfig(
        model=replace(
            base.model,
            dimension=options.dimension,
            heads=options.heads,
            layers=options.layers,
            similarity=options.similarity,
            scoring=options.scoring,
            **_given(options, "dropout"),
        ),
        fit=replace(
            fit,
            batch_size=options.batch_size,
            seed=options.seed,
            accumulate=options.accumulate,
            precision=options.precision,
            patience=options.patience,
            strategy=options.strategy,
            **_given(options, "epochs", "max_users", "learning_rate"),
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


def _given(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    """Return those of the settings that were given."""
    return {name: getattr(options, name) for name in names if name in options}


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
