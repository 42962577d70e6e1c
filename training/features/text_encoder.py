"""The one thing the training asks of a text model. Which model it is, is up to the caller."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


class TextEncoder(Protocol):
    """Turns texts into vectors.

    Attributes:
      name: names the model; vectors kept on disk are found by `name` and `version`.
      version: another version may give other vectors.
      dimension: length of a vector.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def version(self) -> str: ...  # noqa: D102

    @property
    def dimension(self) -> int: ...  # noqa: D102

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 `[text, dimension]`; an empty text gives zeros."""
        ...


@dataclass(frozen=True)
class CallableEncoder:
    """Any function as a text encoder: a Keras or Hugging Face model, a service of your own.

    Attributes:
      function: takes a list of texts, returns `[text, dimension]`.
      name, version, dimension: as `TextEncoder` says.
    """

    function: Callable[[list[str]], np.ndarray]
    name: str
    dimension: int
    version: str = "1"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return what the function gives, float32, with zeros for empty texts.

        Raises:
          ValueError: it has another shape than `[text, dimension]`, or is not finite.
        """
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        filled = [place for place, text in enumerate(texts) if text]
        if not filled:
            return vectors
        given = np.asarray(self.function([texts[place] for place in filled]), np.float32)
        if given.shape != (len(filled), self.dimension) or not np.isfinite(given).all():
            raise ValueError(
                f"{self.name} gave {given.shape} for {len(filled)} texts: it must give finite "
                f"numbers of shape ({len(filled)}, {self.dimension})"
            )
        vectors[filled] = given
        return vectors
