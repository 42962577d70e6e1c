"""`Decision`: whether a run that learned from feedback is accepted or put aside.

It says what people made of the run. The run's files stay as they are, whatever is decided.
"""

from __future__ import annotations

from dataclasses import dataclass

from tensorboard_plugin_attn.feedback.verdict import MAX_TEXT, check_key, check_text

DECISIONS = ("accepted", "undone")


@dataclass(frozen=True)
class Decision:
    """What was decided of one run; the newest of an attempt holds.

    Attributes:
      key: made by the client, once per decision: storing the same one twice stores one.
      run: the run's name at that time.
      attempt: id of the attempt that logged it: that holds when the run is renamed or moved.
      parent: the run it learned from, as its hyperparameters name it.
      decision: one of `DECISIONS`. `undone`: people go on with the parent.

    Raises:
      ValueError: something is missing, too long or unknown; the message names the field.
    """

    key: str
    run: str
    attempt: str
    parent: str
    decision: str

    def __post_init__(self) -> None:
        """Refuse what must not be stored."""
        check_key(self.key)
        if self.decision not in DECISIONS:
            raise ValueError(f"decision: must be one of {', '.join(DECISIONS)}")
        for name in ("run", "attempt", "parent"):
            check_text(name, getattr(self, name), 1, MAX_TEXT)


@dataclass(frozen=True)
class Decided:
    """A decision as it stands in the database.

    Attributes:
      number: grows by one with every decision that was stored.
      decision: what was decided.
      decided_s: when, seconds since 1970, by the server's clock.
      session: which browser session decided it: a hash, nobody's name.
    """

    number: int
    decision: Decision
    decided_s: float
    session: str
