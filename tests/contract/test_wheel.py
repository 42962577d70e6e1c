"""The wheel holds the package with everything it needs, and nothing else."""

from __future__ import annotations

import configparser
import email
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tensorboard_plugin_attn.version import VERSION

ROOT = Path(__file__).parents[2]
PACKAGE = "tensorboard_plugin_attn"
PIP_WHEEL = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation")
SOURCES = ("pyproject.toml", "setup.py", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build in a copy, because building leaves directories in the checkout."""
    directory = tmp_path_factory.mktemp("wheel")
    checkout = directory / "checkout"
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / PACKAGE, checkout / PACKAGE, ignore=ignored)
    for name in SOURCES:
        shutil.copy(ROOT / name, checkout / name)
    for other in ("training", "demo", "tests"):
        (checkout / other).mkdir()
        (checkout / other / "__init__.py").touch()
    done = subprocess.run(
        [*PIP_WHEEL, "--no-index", "--wheel-dir", str(directory), str(checkout)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = directory.glob("*.whl")
    return zipfile.ZipFile(built)


def test_it_is_for_every_system(wheel: zipfile.ZipFile) -> None:
    assert wheel.filename is not None
    assert Path(wheel.filename).name == f"{PACKAGE}-{VERSION}-py3-none-any.whl"


def test_it_installs_one_top_level_package(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert tops == {PACKAGE, f"{PACKAGE}-{VERSION}.dist-info"}


def test_it_holds_every_module_and_nothing_made(wheel: zipfile.ZipFile) -> None:
    shipped = {name for name in wheel.namelist() if name.endswith(".py")}
    assert shipped == {path.relative_to(ROOT).as_posix() for path in (ROOT / PACKAGE).rglob("*.py")}
    assert not [name for name in wheel.namelist() if name.endswith((".pyc", ".map", ".ts"))]


@pytest.mark.parametrize(
    "name",
    [
        "static/index.js",
        "static/explain.js",
        "static/exports.js",
        "py.typed",
        "attn.proto",
        "attn_pb2.py",
        "attn_pb2.pyi",
    ],
)
def test_it_holds_what_is_not_python_unchanged(wheel: zipfile.ZipFile, name: str) -> None:
    assert wheel.read(f"{PACKAGE}/{name}") == (ROOT / PACKAGE / name).read_bytes()


def test_the_bundle_is_a_built_one(wheel: zipfile.ZipFile) -> None:
    assert len(wheel.read(f"{PACKAGE}/static/index.js")) > 10_000


def test_tensorboard_finds_the_plugin_by_its_entry_point(wheel: zipfile.ZipFile) -> None:
    entries = configparser.ConfigParser()
    entries.read_string(wheel.read(f"{PACKAGE}-{VERSION}.dist-info/entry_points.txt").decode())
    assert dict(entries["tensorboard_plugins"]) == {"attn": f"{PACKAGE}.server.loader:AttnLoader"}


def test_its_metadata_is_complete_and_needs_no_framework(wheel: zipfile.ZipFile) -> None:
    metadata = email.message_from_bytes(wheel.read(f"{PACKAGE}-{VERSION}.dist-info/METADATA"))
    assert metadata["Version"] == VERSION
    assert metadata["License-Expression"] == "Apache-2.0"
    needed = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert not [line for line in needed if line.startswith(("tensorflow", "keras", "torch"))]
    assert any(name.endswith("/LICENSE") for name in wheel.namelist())
