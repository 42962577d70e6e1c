"""Screenshots as PNGs of at most 256 colours: a third of the bytes, hardly a difference to the eye.

The commonest colours are kept as they are, so that areas are exact; the others are chosen one by
one, each the farthest from those chosen, so that thin and rare things keep theirs.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COLOURS = 256
COMMON = 96


def with_few_colours(source: Path, target: Path) -> None:
    """Write the picture `source` to `target` with a palette."""
    with Image.open(source) as image:
        pixels = np.asarray(image.convert("RGB"))
    height, width, channels = pixels.shape
    colours, of_pixel, counts = np.unique(
        pixels.reshape(-1, channels), axis=0, return_inverse=True, return_counts=True
    )
    palette, of_colour = choose(colours, counts)
    indices = of_colour[of_pixel].reshape(height, width)
    few = Image.fromarray(indices.astype(np.uint8), mode="P")
    few.putpalette(palette.astype(np.uint8).tobytes())
    few.save(target, optimize=True)


def choose(
    colours: NDArray[np.uint8], counts: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the palette `[colour, channel]`, and the nearest of it for each of `colours`."""
    exact = colours.astype(np.float64)
    chosen = list(np.argsort(-counts, kind="stable")[:COMMON])
    apart = np.stack([_distance(exact, place) for place in chosen])  # [chosen, colour]
    nearest, least = apart.argmin(axis=0), apart.min(axis=0)
    while len(chosen) < min(COLOURS, len(colours)):
        place = int(least.argmax())
        distance = _distance(exact, place)
        nearest = np.where(distance < least, len(chosen), nearest)
        least = np.minimum(least, distance)
        chosen.append(place)
    return exact[chosen], nearest


def _distance(colours: NDArray[np.float64], place: int) -> NDArray[np.float64]:
    """Return how far each colour is from the one at `place`, in the channel that differs most."""
    return np.abs(colours - colours[place]).max(axis=1)
