"""Writes docs/capture_table.md: what is captured, in which framework and version, and how exactly.

Runs every program of tests/compatibility with every version it lists. Versions that are not
installed go into `.make/`, beside the virtual environment and not into it.
"""

from __future__ import annotations

import ast
import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "docs" / "capture_table.md"
PROGRAMS = sorted((ROOT / "tests" / "compatibility").glob("*_capture.py"))

HEAD = """# What is captured

Made by `make capture-table`, which runs the programs in [`tests/compatibility`](../tests/compatibility) with every version listed here.

*Captured* is what the capture found: layers × `[user, head, query, key]`. *Row sums* is the largest distance of a row's sum from 1, and
*output difference* the largest difference between the output of the watched and of the plain forward pass, both rounded up to a power
of ten. Rows of queries that are padding are left out of the sums: they attend to nothing. For Transformers the output difference also
counts how far the attention is from what the model's eager implementation gives when it is asked (`output_attentions=True`); for
PyTorch and Transformers it leaves out the outputs at padding.

`tests/contract/test_capture_table.py` makes the rows again: versions, cases and shapes must be the same; no difference may be above its
limit; and none may be more than ten times what stands here, where differences below 1e-6 count as 1e-6 (they depend on the machine).

| framework | version | case | captured | row sums | output difference | limit |
|---|---|---|---|---|---|---|
"""

Row = dict[str, Any]


def runs() -> Iterator[tuple[Path, str]]:
    """Yield each program with each requirement it is run with."""
    for program in PROGRAMS:
        for requirement in requirements(program):
            yield program, requirement


def requirements(program: Path) -> list[str]:
    """Return the list `REQUIREMENTS` of `program`, without importing it."""
    for node in ast.parse(program.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "REQUIREMENTS":
            return list(ast.literal_eval(node.value))
    raise SystemExit(f"{program.name} has no list REQUIREMENTS")


def install(requirement: str) -> Path:
    """Return a directory with the required packages alone; they are installed if not there.

    Raises:
      CalledProcessError: one cannot be installed.
    """
    directory = ROOT / ".make" / re.sub(r"[^\w.]+", "-", requirement).strip("-.")
    if not directory.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        part = directory.with_name(f"{directory.name}.part")
        subprocess.run([*pip, "--target", str(part), *requirement.split()], check=True)
        part.rename(directory)
    return directory


def rows_of(program: Path, requirement: str) -> list[Row]:
    """Run `program` with `requirement` and return what it prints.

    Raises:
      RuntimeError: the program failed; the message holds the end of what it said.
      CalledProcessError: the requirement cannot be installed.
    """
    path = [str(ROOT), *([str(install(requirement))] if requirement else [])]
    done = subprocess.run(
        [sys.executable, str(program)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{program.name} with {requirement!r} failed:\n{done.stderr[-3000:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def decade(value: float | None) -> str:
    """Return `value` rounded up to a power of ten."""
    if value is None:
        return "–"
    return "0" if value == 0 else f"1e{math.ceil(math.log10(value) - 1e-9)}"


def line(row: Row) -> str:
    """Return a row of the table."""
    shapes = [tuple(shape) for shape in row["captured"].values()]
    captured = ", ".join(
        f"{shapes.count(shape)} × {list(shape)}" for shape in dict.fromkeys(shapes)
    )
    cells = (
        row["framework"],
        row["version"],
        row["case"],
        captured or "nothing",
        decade(row["row_sum_error"]),
        decade(row["output_difference"]),
        f"{row['allowed']:g}",
    )
    return f"| {' | '.join(cells)} |"


def table(rows: Iterable[Row]) -> str:
    """Return the document."""
    return HEAD + "".join(f"{line(row)}\n" for row in rows)


def main() -> None:
    """Run everything and write the table."""
    rows = []
    for program, requirement in runs():
        print(f"{program.stem} with {requirement or 'what is installed'}", flush=True)
        rows += rows_of(program, requirement)
    TABLE.write_text(table(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
