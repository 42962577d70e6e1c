"""Text vectors that are computed once: kept on disk beside the run, found by encoder and texts.

A file that cannot be read is computed again and replaced; it is never trusted half.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.features.text_encoder import TextEncoder


def embed(texts: Sequence[str], encoder: TextEncoder, directory: Path | None = None) -> np.ndarray:
    """Return float32 `[text, dimension]` of `texts`, from `directory` if it has been there.

    Args:
      texts: what to encode; each different text is encoded once.
      encoder: its name, version and dimension are part of the file's name.
      directory: where vectors are kept; `None` keeps nothing.
    """
    different = list(dict.fromkeys(texts))
    place = {text: number for number, text in enumerate(different)}
    rows = np.array([place[text] for text in texts], np.int64)
    if directory is None:
        return _encode(different, encoder)[rows]
    path = directory / f"{_key(different, encoder)}.npy"
    vectors = _read(path, (len(different), encoder.dimension))
    if vectors is None:
        vectors = _encode(different, encoder)
        _write(path, vectors)
    return vectors[rows]


def _encode(texts: list[str], encoder: TextEncoder) -> np.ndarray:
    if not texts:
        return np.zeros((0, encoder.dimension), np.float32)
    return np.asarray(encoder.encode(texts), np.float32)


def _key(texts: list[str], encoder: TextEncoder) -> str:
    digest = hashlib.sha256()
    for part in (encoder.name, encoder.version, str(encoder.dimension), *texts):
        data = part.encode()
        digest.update(f"{len(data)}:".encode() + data)
    return f"text-{digest.hexdigest()[:32]}"


def _read(path: Path, shape: tuple[int, int]) -> np.ndarray | None:
    try:
        vectors: np.ndarray = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return vectors if vectors.shape == shape and vectors.dtype == np.float32 else None


def _write(path: Path, vectors: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    with unfinished.open("wb") as file:
        np.save(file, vectors, allow_pickle=False)
    unfinished.replace(path)
