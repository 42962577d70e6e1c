"""What the documents say can be done: programs run, links lead somewhere, figures have a source."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.tab import Tab

ROOT = Path(__file__).parents[2]
SNIPPETS = sorted((ROOT / "docs" / "guides" / "snippets").glob("*.py"))
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        ROOT / "demo" / "data" / "README.md",
        *(ROOT / "training" / "samples").rglob("*.md"),
    ]
)


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda path: path.stem)
def test_program_of_a_guide_runs_and_what_it_logs_is_shown(snippet: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(snippet), str(tmp_path / "logs")],
        cwd=tmp_path,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    runs = Tab(tmp_path / "logs").json("/runs")["runs"]
    assert runs
    for run in runs:
        assert run["step_count"] > 0
        assert run["has_catalogue"]
        assert run["problem"] is None


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda path: path.stem)
def test_program_is_named_in_a_guide(snippet: Path) -> None:
    guides = "".join(guide.read_text() for guide in (ROOT / "docs" / "guides").glob("*.md"))
    assert f"snippets/{snippet.name}" in guides


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, heading = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        assert file.exists(), f"{target} is not there"
        if heading and file.suffix == ".md":
            assert heading in headings(file), f"{target} has no such heading"


def headings(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as code hosts make them."""
    found = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-") for text in found}
