"""`python -m training SCENARIO --logdir DIR`: train, log attention, say how to look at it.

`python -m training evaluate` measures quality instead: several seeds, baselines and bars.
`python -m training faithfulness RUN` asks which method says what a run's recommendations rest on.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one scenario or the evaluation; return the exit code."""
    from training.faithfulness import command as faithfulness
    from training.quality import command
    from training.scenarios import ecommerce

    scenarios = {"ecommerce": ecommerce}
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, scenario in scenarios.items():
        scenario.add_arguments(
            commands.add_parser(name, help=scenario.__doc__, description=scenario.__doc__)
        )
    command.add_arguments(
        commands.add_parser("evaluate", help=command.__doc__, description=command.__doc__)
    )
    faithfulness.add_arguments(
        commands.add_parser(
            "faithfulness", help=faithfulness.__doc__, description=faithfulness.__doc__
        )
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        if options.command == "evaluate":
            return command.run(options)
        if options.command == "faithfulness":
            return faithfulness.run(options)
        return _train(scenarios[options.command], options)
    except ValueError as error:
        parser.error(str(error))


def _train(scenario: object, options: argparse.Namespace) -> int:
    from training.run import run
    from training.train import describe

    config = scenario.configure(options)  # type: ignore[attr-defined]
    report = run(scenario, config, options)
    print(f"\n{describe(report)}\n\n{report.results}\n")
    print(f"tensorboard --logdir {options.logdir}\nthen open http://localhost:6006/#attn")
    return 0


if __name__ == "__main__":
    sys.exit(main())
