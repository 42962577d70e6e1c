"""A scenario: a domain's data with the settings it is trained with, run by one command."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tensorboard_plugin_attn import Privacy
from training import arguments
from training.config import RunConfig
from training.datasets.dataset import Dataset, Loading
from training.features.choice import text_encoder
from training.scenarios.source import Source

FEATURE_ATTENTION = "feature_attention"


@dataclass(frozen=True)
class Scenario:
    """One row of the table of scenarios.

    Attributes:
      name: of the command.
      summary: what is learned, from what; the command's help.
      load: of the domain's module in `training/datasets`.
      takes: what `--data` is to be the path of, and what is used without.
      folder: that is a directory, not a file.
      defaults: how it is trained if nothing is said.
    """

    name: str
    summary: str
    load: Callable[[Path | None, Loading], Dataset]
    takes: str
    folder: bool
    defaults: arguments.Defaults

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add this scenario's settings to `parser`, their defaults in the help."""
        arguments.add_arguments(parser, self.defaults, self.takes)

    def configure(self, options: argparse.Namespace) -> list[RunConfig]:
        """Return what `options` say: one configuration for each of the models.

        Raises:
          ValueError: the settings do not fit together.
        """
        return [arguments.configure(options, self.defaults, name) for name in options.model]

    def data(self, source: Source, cache: Path | None = None) -> Dataset:
        """Return the data that `source` says.

        Args:
          source: path, split, text encoder and number of users.
          cache: a directory in which text vectors are kept.

        Raises:
          ValueError: it is not there, or is not what it should be; or the text encoder is not
            installed.
        """
        path = None if source.path is None else Path(source.path)
        if path is not None and not (path.is_dir() if self.folder else path.is_file()):
            kind = "directory" if self.folder else "file"
            raise ValueError(f"--data {path} is no {kind} that is there: give {self.takes}")
        encoder = text_encoder(source.text_encoder)
        loading = Loading(source.split, encoder, cache, source.max_users)
        try:
            return self.load(path, loading)
        except FileNotFoundError as error:
            raise ValueError(str(error)) from error

    def privacy(self, data: Dataset, key: bytes | None = None) -> Privacy:
        """Return what of the users may be written.

        Their labels are the domain's word and a number, so they may.

        Args:
          data: whose users.
          key: of the pseudonyms, see `Privacy`.
        """
        shown = data.public_attributes | {"history"} | ({"data"} if data.origin.label else set())
        return Privacy(key=key, user_attributes=frozenset(shown), user_labels=True)
