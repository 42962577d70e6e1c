"""Who may import whom, and what importing the package costs."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tensorboard_plugin_attn

ROOT = Path(__file__).parents[2]
PACKAGE = "tensorboard_plugin_attn"
MODULES = sorted((ROOT / PACKAGE).rglob("*.py"))

# The package a module is in -> the packages it must not import from.
FORBIDDEN = {
    "logging": ("reading", "server"),
    "capture": ("reading", "server"),
    "reading": ("logging", "capture", "server", "analysis"),
    "server": ("logging", "capture"),
    "analysis": ("logging", "capture", "reading", "server", "attn_pb2", "codec", "privacy"),
    "portable": ("logging", "capture", "reading", "server", "analysis", "attn_pb2", "codec"),
    "codec": ("logging", "capture", "reading", "server", "analysis", "privacy"),
    "schema": ("logging", "capture", "reading", "server", "analysis", "privacy", "codec"),
    "privacy": ("logging", "capture", "reading", "server", "analysis", "codec"),
    "version": ("",),
}
FRAMEWORKS = ("tensorflow", "keras", "torch", "transformers", "lightning", "jax", "pandas")


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the full name of everything a module imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a name comes from"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_of(path: Path) -> set[str]:
    return set(imported(ast.parse(path.read_text())))


def part_of(path: Path) -> str:
    return path.relative_to(ROOT / PACKAGE).parts[0].removesuffix(".py")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_what_it_may(path: Path) -> None:
    wrong = [
        name
        for part in FORBIDDEN.get(part_of(path), ())
        for name in imports_of(path)
        if name == f"{PACKAGE}.{part}" or name.startswith(f"{PACKAGE}.{part}.")
    ]
    assert wrong == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_imports_what_is_only_in_the_checkout(path: Path) -> None:
    roots = {name.partition(".")[0] for name in imports_of(path)}
    assert not roots & {"training", "demo", "tests", "benchmarks"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_capture_knows_a_framework(path: Path) -> None:
    roots = {name.partition(".")[0] for name in imports_of(path)}
    # `summary.attention` is tf.summary's companion: it imports TensorFlow when it is called.
    allowed = part_of(path) == "capture" or path.name == "summary.py"
    assert allowed or not roots & set(FRAMEWORKS)


def test_only_the_server_speaks_http() -> None:
    speaking = {part_of(path) for path in MODULES if any("werkzeug" in n for n in imports_of(path))}
    assert speaking == {"server"}


def test_training_uses_the_public_api_and_capture_only() -> None:
    inside = ("analysis", "capture", "portable")
    allowed = (PACKAGE, *(f"{PACKAGE}.{part}" for part in inside))
    for path in sorted((ROOT / "training").rglob("*.py")):
        for name in imports_of(path):
            if name.startswith(PACKAGE):
                inner = name.removeprefix(PACKAGE).strip(".").partition(".")[0]
                public = inner in (*inside, *tensorboard_plugin_attn.__all__)
                assert public or name in allowed, (path, name)


def loaded_after(statement: str) -> set[str]:
    code = f"import json, sys\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "statement",
    [
        f"import {PACKAGE}",
        f"from {PACKAGE} import *",
        f"from {PACKAGE}.server import loader",
        f"from {PACKAGE}.server import plugin",
    ],
)
def test_importing_loads_no_framework(statement: str) -> None:
    assert not loaded_after(statement) & set(FRAMEWORKS)


def test_importing_the_package_loads_nothing_until_a_name_is_used() -> None:
    loaded = loaded_after(f"import {PACKAGE}")
    assert {name for name in loaded if name.startswith(PACKAGE)} == {
        PACKAGE,
        f"{PACKAGE}.version",
    }
    assert not loaded & {"numpy", "tensorboard", "google.protobuf"}


def test_the_logging_api_does_not_load_tensorboards_server() -> None:
    loaded = loaded_after(f"from {PACKAGE} import *")
    assert not [name for name in loaded if name.startswith(("tensorboard.backend", "werkzeug"))]
    assert not [
        name for name in loaded if name.startswith((f"{PACKAGE}.server", f"{PACKAGE}.read"))
    ]


def test_the_loader_imports_base_plugin_only() -> None:
    """An import error in the entry point's module takes all of TensorBoard down."""
    tree = ast.parse((ROOT / PACKAGE / "server" / "loader.py").read_text())
    top = ast.Module(
        [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)], []
    )
    assert {name for name in imported(top) if not is_standard(name)} == {
        "tensorboard.plugins",
        "tensorboard.plugins.base_plugin",
    }


def is_standard(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names


def test_the_loader_loads_no_more_of_the_package_than_it_must() -> None:
    loaded = loaded_after(f"from {PACKAGE}.server import loader")
    assert {name for name in loaded if name.startswith(PACKAGE)} == {
        PACKAGE,
        f"{PACKAGE}.version",
        f"{PACKAGE}.server",
        f"{PACKAGE}.server.loader",
    }
