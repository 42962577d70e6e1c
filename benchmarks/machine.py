"""Where a result was measured: processor, versions and commit; no host name and no paths."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from tensorboard_plugin_attn.version import VERSION

_PACKAGES = ("numpy", "tensorflow", "tensorflow-cpu", "tensorboard", "keras", "apache-beam")
_ROOT = Path(__file__).parents[1]


def describe() -> dict[str, Any]:
    """Return processor model, cores this process may use, and memory in GiB."""
    return {"cpu": _cpu_model(), "cores": _cores(), "memory_gib": _memory_gib()}


def versions() -> dict[str, str]:
    """Return the versions a result depends on; packages that are not installed are left out."""
    found = {"python": platform.python_version(), "tensorboard-plugin-attn": VERSION}
    for package in _PACKAGES:
        try:
            found[package.removesuffix("-cpu")] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit() -> str:
    """Return the commit that was measured, with `-dirty` if files of it were changed."""
    git = shutil.which("git")
    if git is None:
        return "unknown"
    described = subprocess.run(
        [git, "describe", "--always", "--abbrev=12", "--dirty", "--exclude=*"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or "unknown"


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, OSError, ValueError):
        return None
