"""Build the wheel; all metadata is in pyproject.toml.

The built frontend is committed, so a wheel or `pip install git+...` never needs Node. Building
without it is refused with one sentence, because the wheel would hold a tab that is blank.
"""

from pathlib import Path

from setuptools import setup

BUNDLE = Path(__file__).parent / "tensorboard_plugin_attn" / "static" / "index.js"

if not BUNDLE.is_file():
    raise SystemExit(f"{BUNDLE.name} is missing: run `make build` (needs Node 20) first.")

setup()
