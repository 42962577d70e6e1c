"""Vectors from spelling alone, without any package: for tests, and where there is no text model.

It knows nothing of meaning: "sofa" and "couch" have nothing in common here.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class HashingEncoder:
    """Words and three-letter pieces, each hashed to a signed place (Weinberger et al. 2009)."""

    dimension: int = 64
    name: str = "hashing-spelling-only"
    version: str = "1"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 `[text, dimension]` of length 1; zeros for an empty text."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for piece in _pieces(text.lower()):
                code = zlib.crc32(piece.encode())
                vector[code // 2 % self.dimension] += 1 if code % 2 else -1
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.where(lengths > 0, lengths, 1)


def _pieces(text: str) -> list[str]:
    words = text.split()
    return words + [f" {word} "[i : i + 3] for word in words for i in range(len(word))]
