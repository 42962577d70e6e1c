"""Who may import whom, and what starting TensorBoard loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tensorboard_plugin_attn"

FORBIDDEN = {
    "logging": {"reading", "server"},
    "capture": {"reading", "server"},
    "reading": {"logging", "capture", "server"},
    "analysis": {"logging", "capture", "reading", "server", "attn_pb2"},
    "server": {"logging", "capture"},
}


def imports_of(path: Path) -> set[str]:
    """Return every module a file imports, at any depth."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{name.name}" for name in node.names)
    return found


def parts_imported(path: Path) -> set[str]:
    """Return which parts of our own package a file imports."""
    names = imports_of(path)
    prefix = "tensorboard_plugin_attn."
    return {name[len(prefix) :].split(".")[0] for name in names if name.startswith(prefix)}


@pytest.mark.parametrize("part", FORBIDDEN)
def test_parts_keep_apart(part: str) -> None:
    files = list((PACKAGE / part).rglob("*.py"))
    assert files
    for file in files:
        assert not parts_imported(file) & FORBIDDEN[part], file.name


def test_nothing_imports_training_and_training_imports_the_public_api_only() -> None:
    for file in PACKAGE.rglob("*.py"):
        assert not any(name.split(".")[0] == "training" for name in imports_of(file)), file.name
    for file in (ROOT / "training").rglob("*.py"):
        assert not parts_imported(file) & {"logging", "reading", "server", "codec"}, file.name


def test_the_loader_imports_base_plugin_only() -> None:
    tree = ast.parse((PACKAGE / "server" / "loader.py").read_text())
    top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {ast.unparse(node) for node in top}
    assert names == {
        "from __future__ import annotations",
        "import argparse",
        "import logging",
        "from tensorboard.plugins import base_plugin",
    }


@pytest.mark.parametrize(
    "statement",
    [
        "import tensorboard_plugin_attn",
        "from tensorboard_plugin_attn import *",
        "import tensorboard_plugin_attn.server.loader",
        "import tensorboard_plugin_attn.server.plugin",
    ],
)
def test_no_framework_is_loaded(statement: str) -> None:
    code = (
        f"{statement}\nimport sys\n"
        "print([m for m in ('tensorflow', 'keras', 'torch', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_package_loads_no_server_and_nothing_at_all_until_used() -> None:
    code = (
        "import tensorboard_plugin_attn, sys\n"
        "before = [m for m in sys.modules if m.startswith('tensorboard_plugin_attn.')]\n"
        "tensorboard_plugin_attn.AttentionWriter\n"
        "after = [m for m in sys.modules if 'tensorboard.backend.application' in m\n"
        "         or m.startswith('tensorboard_plugin_attn.server')]\n"
        "print(before, after)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['tensorboard_plugin_attn.version'] []"
