"""`Verdict`: what one viewer said of one recommendation, and what it was said about.

It checks itself: whatever route or program makes one, nothing longer or stranger than this gets
into the database.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

KINDS = ("relevant", "not_relevant", "known", "wrong_reason")

MAX_NOTE = 1000
MAX_TEXT = 256
MAX_SHOWN = 100
MAX_STEP = (1 << 63) - 1

_KEY = re.compile(r"[0-9A-Za-z_-]{16,64}", re.ASCII)


@dataclass(frozen=True)
class Verdict:
    """One statement.

    Attributes:
      key: made by the client, once per statement: storing the same one twice stores one.
      kind: one of `KINDS`. `known`: the user has or knows the item already. `wrong_reason`: the
        item may be right, what it was recommended for is not.
      run: the run's name at that time.
      attempt: id of the attempt that logged it: that holds when the run is renamed or moved.
      step: training steps done when the list was logged.
      user: the user's pseudonym in the log.
      user_index: the user's place in the cohort.
      item: id of the recommended item.
      evidence: id of the history item, or name of the feature, that the reason names; needed by
        `wrong_reason`, empty otherwise or where the statement is of the item as a whole.
      shown: ids of the list that was on the screen, best first.
      note: in the viewer's own words.

    Raises:
      ValueError: something is missing, too long or unknown; the message names the field.
    """

    key: str
    kind: str
    run: str
    attempt: str
    step: int
    user: str
    user_index: int
    item: str
    evidence: str = ""
    shown: Sequence[str] = ()
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse what must not be stored."""
        check_key(self.key)
        if self.kind not in KINDS:
            raise ValueError(f"kind: must be one of {', '.join(KINDS)}")
        for name in ("run", "attempt", "user", "item"):
            check_text(name, getattr(self, name), 1, MAX_TEXT)
        check_text("evidence", self.evidence, int(self.kind == "wrong_reason"), MAX_TEXT)
        check_text("note", self.note, 0, MAX_NOTE)
        if not 0 <= self.step <= MAX_STEP:
            raise ValueError("step: must be a whole number, 0 or more")
        if self.user_index < 0:
            raise ValueError("user_index: must be a whole number, 0 or more")
        if len(self.shown) > MAX_SHOWN:
            raise ValueError(f"shown: at most {MAX_SHOWN} items")
        for item in self.shown:
            check_text("shown", item, 1, MAX_TEXT)


@dataclass(frozen=True)
class Stored:
    """A verdict as it stands in the database.

    Attributes:
      number: grows by one with every verdict that was stored.
      verdict: what was said.
      said_s: when, seconds since 1970, by the server's clock.
      session: which browser session said it: a hash, nobody's name.
      undone_s: when it was taken back; `None` while it holds.
    """

    number: int
    verdict: Verdict
    said_s: float
    session: str
    undone_s: float | None = None


def check_key(key: object) -> None:
    """Raise a `ValueError` unless `key` is one."""
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise ValueError("key: must be 16 to 64 letters, digits, - or _")


def check_text(name: str, value: object, shortest: int, longest: int) -> None:
    """Raise a `ValueError` that says `name` unless `value` is text of such a length."""
    if not isinstance(value, str) or not shortest <= len(value) <= longest:
        raise ValueError(f"{name}: must be text of {shortest} to {longest} characters")
    if "\0" in value:
        raise ValueError(f"{name}: must not hold a null character")
