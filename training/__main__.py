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
from functools import partial

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    from training.bulk import command as bulk
    from training.faithfulness import command as faithfulness
    from training.feedback import command as feedback
    from training.feedback import study
    from training.quality import command as quality
    from training.refresh import command as refresh
    from training.scenarios.table import SCENARIOS

    modules = {
        "evaluate": quality,
        "feedback": feedback,
        "feedback-study": study,
        "bulk": bulk,
        "faithfulness": faithfulness,
        "refresh-encoder": refresh,
    }
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, scenario in SCENARIOS.items():
        summary = scenario.summary
        command = commands.add_parser(name, help=summary, description=summary)
        scenario.add_arguments(command)
        command.set_defaults(execute=partial(_train, scenario))
    for name, module in modules.items():
        text = module.__doc__ or ""
        command = commands.add_parser(name, help=text.splitlines()[0], description=text)
        module.add_arguments(command)
        command.set_defaults(execute=module.run)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        code: int = options.execute(options)
        return code
    except ValueError as error:
        parser.error(str(error))


def _train(scenario: object, options: argparse.Namespace) -> int:
    from training.run import run

    run(scenario, options)  # type: ignore[arg-type]
    print(f"tensorboard --logdir {options.logdir}\nthen open http://localhost:6006/#attn")
    return 0


if __name__ == "__main__":
    sys.exit(main())
