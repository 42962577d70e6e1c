"""What a domain calls things, and where its data is from: the words and the label of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

SAID = "said"  # what a list of users' attributes calls what they say, as vectors


@dataclass(frozen=True)
class Words:
    """What the domain calls things, for axes and sentences: singular, plural."""

    item: str
    items: str
    user: str
    users: str
    interaction: str  # what one step of a history is: "purchase"
    fields: dict[str, str] = field(default_factory=dict)  # by name of the field
    neighbour: str = "neighbour"  # whom a user knows: "friend"

    def field_name(self, name: str) -> str:
        """Return what people call the field `name`; `genre 2` is like `genre`."""
        base, _, place = name.rpartition(" ")
        if name in self.fields or not place.isdigit():
            return self.fields.get(name, name)
        return f"{self.fields.get(base, base)} {place}"


PLAIN = Words("item", "items", "user", "users", "interaction")


@dataclass(frozen=True)
class Origin:
    """Where data is from; whatever is not real says so wherever it is shown."""

    kind: Literal["real", "built", "synthetic"]
    name: str
    credit: str

    @property
    def label(self) -> str:
        """Return what titles and run names start with: nothing if the data is real."""
        return "" if self.kind == "real" else self.kind

    def __str__(self) -> str:
        """Return one line for a report."""
        kind = {
            "real": "real data",
            "built": "BUILT data: real texts, sequences put together by this program",
            "synthetic": "SYNTHETIC data: made up by this program, says nothing about people",
        }[self.kind]
        return f"{self.name} ({kind}). {self.credit}"


@dataclass(frozen=True)
class Domain:
    """What a training must know of its data besides the data, to call things by their names.

    Attributes:
      words: what things are called.
      label: "synthetic" or "built" if the data is not real, else nothing.
      repeats: an item may come again, so what a user has seen stays a candidate.
    """

    words: Words = PLAIN
    label: str = ""
    repeats: bool = False
