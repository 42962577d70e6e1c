"""Build the wheel; all metadata is in pyproject.toml.

The built frontend is committed, so a wheel or `pip install git+...` never needs Node. Building
without it is refused with one sentence, because the wheel would hold a tab that is blank.
"""

from pathlib import Path

from setuptools import setup

STATIC = Path(__file__).parent / "tensorboard_plugin_attn" / "static"

for name in ("index.js", "exports.js", "explain.js"):
    if not (STATIC / name).is_file():
        raise SystemExit(f"{name} is missing: run `make build` (needs Node 20) first.")

setup()
