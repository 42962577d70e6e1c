"""`python -m training SCENARIO --logdir DIR`: train, log attention, say how to look at it."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

SCENARIOS = ("ecommerce",)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one scenario."""
    from training.scenarios import ecommerce

    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    scenarios = parser.add_subparsers(dest="scenario", required=True, metavar="SCENARIO")
    ecommerce.add_arguments(
        scenarios.add_parser("ecommerce", help=ecommerce.__doc__, description=ecommerce.__doc__)
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    from training.train import describe

    try:
        config = ecommerce.configure(options)
    except ValueError as error:
        parser.error(str(error))
    report = ecommerce.run(config, options.logdir, options.run_name)
    print(f"\n{describe(report)}\n\n{report.results}\n")
    print(f"tensorboard --logdir {options.logdir}\nthen open http://localhost:6006/#attn")
    return 0


if __name__ == "__main__":
    sys.exit(main())
