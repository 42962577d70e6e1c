"""Pictures of every view of a fixed log: how they are taken, and how two of them are compared.

A picture is compared block by block: what another version of the browser draws otherwise at the
edge of a line averages out within a block, what moved, is gone or has another colour does not.
Canvases, which have one pixel per cell, are compared exactly.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.e2e.box_font import box_font
from tests.e2e.conftest import BROWSER_TESTS, ROOT, start_tensorboard
from tests.fixtures import picture_log

REFERENCE = Path(__file__).parent / "reference"
CANVASES = "canvases.json"
BLOCK = 8  # pixels
TOLERANCE = 6.0  # of 255, in the mean of a block


@dataclass(frozen=True)
class Difference:
    """Where two pictures differ.

    Attributes:
      largest: the largest difference of a block's mean, of 255.
      blocks: how many blocks differ by more than `TOLERANCE`.
      place: left and upper pixel of the block that differs most.
    """

    largest: float
    blocks: int
    place: tuple[int, int]


def take(folder: Path) -> subprocess.CompletedProcess[str]:
    """Write the fixed log, and let Chromium put pictures of it into `folder`."""
    log, empty, font = folder / "log", folder / "empty", folder / "boxes.ttf"
    picture_log.write(log)
    empty.mkdir()
    font.write_bytes(box_font())
    boards = [start_tensorboard(log), start_tensorboard(empty)]
    try:
        return subprocess.run(
            BROWSER_TESTS,
            cwd=ROOT / "frontend",
            env={
                **os.environ,
                "ATTN_E2E_INCLUDE": "e2e/pictures.shots.ts",
                "ATTN_SHOTS_ADDRESS": boards[0].address,
                "ATTN_SHOTS_EMPTY": boards[1].address,
                "ATTN_SHOTS_FOLDER": str(folder),
                "ATTN_SHOTS_FONT": str(font),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
    finally:
        for board in boards:
            board.stop()


def canvases(folder: Path) -> dict[str, list[str]]:
    """Return size and digest of each canvas by picture."""
    found: dict[str, list[str]] = json.loads((folder / CANVASES).read_text())
    return found


def pixels(path: Path) -> NDArray[np.uint8]:
    """Return a picture as `[y, x, channel]`."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> Difference | None:
    """Compare two pictures by the means of their blocks; `None` if their sizes differ."""
    if one.shape != other.shape:
        return None
    apart = np.abs(_block_means(one) - _block_means(other)).max(axis=2)  # [row, column]
    row, column = np.unravel_index(apart.argmax(), apart.shape)
    return Difference(
        float(apart.max()),
        int((apart > TOLERANCE).sum()),
        (int(column) * BLOCK, int(row) * BLOCK),
    )


def _block_means(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the mean of each block `[row, column, channel]`; edges are padded by themselves."""
    height, width, channels = picture.shape
    padded = np.pad(picture, ((0, -height % BLOCK), (0, -width % BLOCK), (0, 0)), mode="edge")
    blocks = padded.reshape(-(-height // BLOCK), BLOCK, -(-width // BLOCK), BLOCK, channels)
    return blocks.mean(axis=(1, 3))
