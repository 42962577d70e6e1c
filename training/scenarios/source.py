"""Which data a run is trained on, as its `run.json` remembers it for a later resume."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from training.features.choice import resolved
from training.preprocessing.preparation import SplitKind


@dataclass(frozen=True)
class Source:
    """What the same data can be loaded by again.

    Attributes:
      scenario: name of the scenario.
      path: of the data; `None`: what comes along.
      split: how validation and test items are held out.
      text_encoder: name of the text encoder, `"none"` for no texts.
      max_users: so many users only.
    """

    scenario: str
    path: str | None = None
    split: SplitKind = "leave_one_out"
    text_encoder: str = "none"
    max_users: int | None = None

    @classmethod
    def of(
        cls, scenario: str, options: argparse.Namespace, *, max_users: int | None, texts: bool
    ) -> Source:
        """Return what `options` say.

        Args:
          scenario: its name.
          options: of `arguments.add_arguments`.
          max_users: of the configuration.
          texts: whether the model has a use for texts.
        """
        return cls(
            scenario,
            None if options.data is None else str(options.data.resolve()),
            options.split,
            resolved(options.text_encoder) if texts else "none",
            max_users,
        )

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Source:
        """Return what `to_json` was called on.

        Raises:
          ValueError: it is something else, such as of a run that was trained from Python.
        """
        known = {each.name for each in fields(cls)}
        if "scenario" not in content or not set(content) <= known:
            raise ValueError("its run.json does not say which data it was trained on")
        return cls(**content)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return asdict(self)
