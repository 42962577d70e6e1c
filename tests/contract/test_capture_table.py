"""docs/capture_table.md is what the capture really does, on every version it lists.

Figures are compared up to their order of magnitude: a difference may be ten times the committed
one, and what is below 1e-6 counts as 1e-6, because kernels differ between machines.
"""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path

import pytest

from scripts import capture_table
from scripts.capture_table import Row

LINES = [
    [cell.strip() for cell in line.strip("|\n").split(" | ")]
    for line in capture_table.TABLE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| framework")
]
RUNS = list(capture_table.runs())
NOISE = 1e-6
each_run = pytest.mark.parametrize(
    ("program", "requirement"), RUNS, ids=lambda value: getattr(value, "stem", value)
)


@functools.cache
def rows_of(program: Path, requirement: str) -> list[Row]:
    try:
        return capture_table.rows_of(program, requirement)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"{requirement} cannot be installed here: {error}")


def cells(row: Row) -> list[str]:
    return [cell.strip() for cell in capture_table.line(row).strip("|").split(" | ")]


def magnitude(cell: str) -> float:
    return 0.0 if cell == "–" else float(cell)


@each_run
def test_rows_are_what_stands_in_the_table(program: Path, requirement: str) -> None:
    committed = {tuple(line[:3]): line for line in LINES}
    for row in rows_of(program, requirement):
        framework, version, case, captured, sums, difference, limit = cells(row)
        assert (framework, version, case) in committed, "run `make capture-table`"
        known = committed[framework, version, case]
        assert captured == known[3], case
        assert limit == known[6], case
        assert magnitude(sums) <= 10 * max(magnitude(known[4]), NOISE), case
        assert magnitude(difference) <= 10 * max(magnitude(known[5]), NOISE), case


@each_run
def test_the_capture_changes_no_output_and_gives_attention(program: Path, requirement: str) -> None:
    rows = rows_of(program, requirement)
    assert rows
    for row in rows:
        assert row["output_difference"] <= row["allowed"], row["case"]
        assert row["captured"], row["case"]
        assert row["row_sum_error"] <= 1e-5, row["case"]


def test_every_row_of_the_table_is_made_by_a_program() -> None:
    made = [tuple(cells(row)[:3]) for run in RUNS for row in rows_of(*run)]
    assert len(set(made)) == len(made)
    assert [tuple(line[:3]) for line in LINES] == made


def test_figures_are_rounded_up_to_powers_of_ten() -> None:
    assert [capture_table.decade(value) for value in (None, 0.0, 1e-6, 1.1e-6, 0.3, 1.0)] == [
        "–",
        "0",
        "1e-6",
        "1e-5",
        "1e0",
        "1e0",
    ]
