"""`python -m training SCENARIO --logdir DIR`: train, log attention, say how to look at it.

`python -m training evaluate` measures quality instead: several seeds, baselines and bars.
`python -m training feedback` learns from what viewers said of a run.
`python -m training refresh-encoder` embeds a run's item texts again, and fine-tunes it.
`python -m training bulk` runs a trained model over all users, by segment.
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
    from training.bulk import command as bulk
    from training.faithfulness import command as faithfulness
    from training.feedback import command as feedback
    from training.feedback import study
    from training.quality import command
    from training.refresh import command as refresh
    from training.scenarios.table import SCENARIOS

    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, scenario in SCENARIOS.items():
        summary = scenario.summary
        scenario.add_arguments(commands.add_parser(name, help=summary, description=summary))
    command.add_arguments(
        commands.add_parser("evaluate", help=command.__doc__, description=command.__doc__)
    )
    feedback.add_arguments(
        commands.add_parser("feedback", help=feedback.__doc__, description=feedback.__doc__)
    )
    study.add_arguments(
        commands.add_parser("feedback-study", help=study.__doc__, description=study.__doc__)
    )
    bulk.add_arguments(
        commands.add_parser("bulk", help=bulk.__doc__.splitlines()[0], description=bulk.__doc__)
    )
    faithfulness.add_arguments(
        commands.add_parser(
            "faithfulness", help=faithfulness.__doc__, description=faithfulness.__doc__
        )
    )
    refresh.add_arguments(
        commands.add_parser("refresh-encoder", help=refresh.__doc__, description=refresh.__doc__)
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        if options.command == "evaluate":
            return command.run(options)
        if options.command == "feedback":
            return feedback.run(options)
        if options.command == "feedback-study":
            return study.run(options)
        if options.command == "bulk":
            return bulk.run(options)
        if options.command == "faithfulness":
            return faithfulness.run(options)
        if options.command == "refresh-encoder":
            return refresh.run(options)
        return _train(SCENARIOS[options.command], options)
    except ValueError as error:
        parser.error(str(error))


def _train(scenario: object, options: argparse.Namespace) -> int:
    from training.run import run

    run(scenario, options)  # type: ignore[arg-type]
    print(f"tensorboard --logdir {options.logdir}\nthen open http://localhost:6006/#attn")
    return 0


if __name__ == "__main__":
    sys.exit(main())
