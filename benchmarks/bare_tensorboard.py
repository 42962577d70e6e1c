"""TensorBoard as it is where TensorFlow is not installed: `python -m benchmarks.bare_tensorboard`.

TensorBoard imports TensorFlow when it can, which costs half a gigabyte and seconds whatever the
plugin does. Who logs from PyTorch or NumPy has none; the benchmarks measure that TensorBoard.
"""

from __future__ import annotations

import sys
from types import ModuleType


def main() -> None:
    """Run TensorBoard with the arguments of this process."""
    # TensorBoard looks for this module before TensorFlow: `tensorboard.compat.tf`.
    sys.modules["tensorboard.compat.notf"] = ModuleType("tensorboard.compat.notf")
    from tensorboard.main import run_main

    run_main()


if __name__ == "__main__":
    main()
