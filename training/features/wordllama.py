"""WordLlama (extra `[text]`): the mean of 256 numbers a token, 16 MB, MIT licence.

The package's own loader looks for its tokenizer in a folder that its wheel does not have, and
then wants the network. The files are in the wheel, so they are read here; nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata, util
from pathlib import Path

import numpy as np

_WEIGHTS = "weights/l2_supercat_256.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"


class WordLlama:
    """The default text encoder. English; words of other languages fall apart into letters.

    Raises:
      ModuleNotFoundError: the package is not installed.
    """

    name = "wordllama-l2-supercat"

    def __init__(self) -> None:
        found = util.find_spec("wordllama")
        if found is None or not found.submodule_search_locations:
            raise ModuleNotFoundError("wordllama is not there: pip install 'wordllama>=0.4'")
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        folder = Path(found.submodule_search_locations[0])
        [table] = load_file(str(folder / _WEIGHTS)).values()
        self._table = table.astype(np.float32)  # [token, dimension]
        self._tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
        self._tokenizer.no_padding()
        self.version = metadata.version("wordllama")
        self.dimension = self._table.shape[1]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 `[text, dimension]` of length 1; zeros for a text without tokens."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        encoded = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        for vector, tokens in zip(vectors, encoded, strict=True):
            if tokens.ids:
                vector[:] = self._table[tokens.ids].mean(axis=0)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.where(lengths > 0, lengths, 1)
