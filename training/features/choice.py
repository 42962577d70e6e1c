"""Text encoders by name, for the command line and for what a run remembers of its data."""

from __future__ import annotations

from collections.abc import Callable
from importlib import util

from training.features.hashing import HashingEncoder
from training.features.sentence_encoder import UniversalSentenceEncoder
from training.features.text_encoder import TextEncoder
from training.features.wordllama import WordLlama

ENCODERS: dict[str, Callable[[], TextEncoder]] = {
    "wordllama": WordLlama,
    "universal": UniversalSentenceEncoder,
    "hashing": HashingEncoder,
}
CHOICES = ("auto", *ENCODERS, "none")


def resolved(name: str) -> str:
    """Return `name`; for `"auto"` the default encoder if it is installed, else `"none"`."""
    if name != "auto":
        return name
    return "wordllama" if util.find_spec("wordllama") is not None else "none"


def text_encoder(name: str) -> TextEncoder | None:
    """Return the encoder called `name`, one of `CHOICES`; `None` for `"none"`.

    Raises:
      ValueError: what it needs is not installed; the message says how to get it.
    """
    name = resolved(name)
    if name == "none":
        return None
    try:
        return ENCODERS[name]()
    except ModuleNotFoundError as error:
        raise ValueError(f"--text-encoder {name}: {error}, or take --text-encoder none") from error
