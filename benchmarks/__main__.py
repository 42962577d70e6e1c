"""`python -m benchmarks [NAME ...] [--quick]`: run benchmarks, print tables, write results."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from benchmarks import machine, result

NAMES = (
    "write",
    "encode",
    "measures",
    "bytes_per_cell",
    "logging_overhead",
    "open",
    "frame_route",
    "scrub",
    "explain",
    "whatif",
    "whatif_tab",
    "growth",
    "bulk",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks named, or all; return 1 if one misses its bar."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: {' '.join(NAMES)}")
    parser.add_argument(
        "--quick", action="store_true", help="few rounds, to try a change; writes no results"
    )
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in NAMES]:
        parser.error(f"no benchmark {unknown[0]!r}; there are {', '.join(NAMES)}")
    met = True
    for name in options.names or NAMES:
        run = importlib.import_module(f"benchmarks.{name}").run
        for found in results_of(run(options.quick)):
            print(found.table(), flush=True)
            met = met and found.bar.is_met(found.ratio.median)
            if not options.quick:
                content = found.as_json(machine.describe(), machine.versions(), machine.commit())
                result.write(content)
    return 0 if met else 1


def results_of(found: result.Result | Sequence[result.Result]) -> Sequence[result.Result]:
    """Return what a benchmark found: most answer one question, some a few about one workload."""
    return [found] if isinstance(found, result.Result) else found


if __name__ == "__main__":
    sys.exit(main())
