"""Takes the pictures that tests/e2e/test_pictures.py compares with: `make screenshots`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.e2e.pictures import CANVASES, REFERENCE, difference, pixels, take  # noqa: E402

LEVELS = 4  # a channel is stored to within half of this: a fifth fewer bytes, and no less is found


def main() -> int:
    """Replace the pictures that look otherwise than before; say which."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        done = take(folder)
        if done.returncode != 0:
            print(done.stdout, done.stderr, sep="\n")
            return done.returncode
        REFERENCE.mkdir(exist_ok=True)
        for old in REFERENCE.glob("*.png"):
            if not (folder / old.name).exists():
                old.unlink()
                print(f"removed {old.name}")
        for new in sorted(folder.glob("*.png")):
            replace(REFERENCE / new.name, new)
        shutil.copyfile(folder / CANVASES, REFERENCE / CANVASES)
    return 0


def replace(old: Path, new: Path) -> None:
    """Put `new` in the place of `old` unless both look the same, so that commits stay small."""
    found = difference(pixels(old), pixels(new)) if old.exists() else None
    if found is not None and found.blocks == 0:
        return
    coarse = pixels(new) // LEVELS * LEVELS + LEVELS // 2
    Image.fromarray(coarse.astype(np.uint8)).save(old, optimize=True)
    print(f"took {old.name}")


if __name__ == "__main__":
    sys.exit(main())
