"""The guide's commands and programs run in the order it gives them, and it names every option."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import pytest

pytest.importorskip("apache_beam", reason="Apache Beam is not installed: pip install -e '.[bulk]'")

from tests.fixtures.tab import Tab
from training.__main__ import main
from training.bulk import command

GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "bulk.md").read_text()
SMALL = ["--epochs", "1", "--max-users", "60", "--dimension", "8", "--heads", "2", "--layers", "1"]


def test_every_command_and_program_of_the_guide_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    make_users, show = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    commands = re.findall(r"^python -m training (.*)$", GUIDE, re.MULTILINE)
    assert [line.split()[0] for line in commands] == ["ecommerce", "bulk"]
    assert main([*shlex.split(commands[0]), *SMALL]) == 0
    exec(compile(make_users, "users.py", "exec"), {})
    assert main(shlex.split(commands[1])) == 0
    exec(compile(show, "bulk.md", "exec"), {})
    said = capsys.readouterr().out
    assert "country=United Kingdom" in said
    [run] = Tab(tmp_path / "bulk").json("/runs")["runs"]
    assert run["problem"] is None
    labels = [
        user["label"]
        for user in Tab(tmp_path / "bulk").json("/catalogue", run=run["name"])["users"]
    ]
    assert "segment: country=United Kingdom (n≥" in " ".join(labels)
    assert all(label.startswith("segment: country=") for label in labels)


def test_every_option_is_named() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    command.add_arguments(parser)
    options = re.findall(r"--[a-z-]+", parser.format_help())
    assert len(set(options)) >= 13
    for option in options:
        assert option in GUIDE, option
    for runner in command.RUNNERS:
        assert runner in GUIDE
