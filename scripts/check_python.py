"""Stops `make` with one sentence if this Python cannot run the project."""

import sys

if not (3, 10) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        f"Python {sys.version_info.major}.{sys.version_info.minor} found, 3.10 to 3.13 needed "
        "(TensorFlow 2.21 has no other wheels): make PYTHON=python3.11 ..."
    )
