"""Verdicts of one run as arrays a model learns from; what cannot be learned is counted and said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tensorboard_plugin_attn.feedback.verdict import Stored, Verdict


@dataclass(frozen=True)
class Reason:
    """A reason that was called wrong.

    Attributes:
      user: row of the cohort.
      item: number of the recommended item.
      evidence: where in the user's input the rejected item stands, bool `[position]`.
    """

    user: int
    item: int
    evidence: np.ndarray


@dataclass(frozen=True)
class Signals:
    """What was said of a cohort.

    Attributes:
      inputs: the cohort's histories, int32 `[user, position]`, left-padded.
      relevant: `(user, item)`, each a row of the cohort and an item's number.
      rejected: likewise, of items that are not relevant.
      known: likewise, of items the user has already: no candidates any more, and nothing to learn.
      reasons: what is no reason for what.
      left_out: how many verdicts were of no use, by why.
    """

    inputs: np.ndarray
    relevant: Sequence[tuple[int, int]] = ()
    rejected: Sequence[tuple[int, int]] = ()
    known: Sequence[tuple[int, int]] = ()
    reasons: Sequence[Reason] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Return how many verdicts are of use."""
        return sum(map(len, (self.relevant, self.rejected, self.known, self.reasons)))


def signals(said: Sequence[Stored], inputs: np.ndarray, item_ids: Sequence[str | None]) -> Signals:
    """Return what `said` comes down to: the newest word on each item and on each reason.

    Args:
      said: verdicts of one run, in any order; those taken back are left out.
      inputs: the cohort's histories, int32 `[user, position]`.
      item_ids: by item number; `None` for padding.
    """
    number = {item: index for index, item in enumerate(item_ids) if item is not None}
    left_out: Counter[str] = Counter()
    newest: dict[tuple[object, ...], Verdict] = {}
    for stored in sorted(said, key=lambda each: each.number):
        verdict = stored.verdict
        if stored.undone_s is not None:
            left_out["taken back"] += 1
        elif verdict.user_index >= len(inputs):
            left_out["of a user who is not in the cohort any more"] += 1
        elif verdict.item not in number:
            left_out["of an item that the model does not know"] += 1
        else:
            newest[_about(verdict)] = verdict
    found: dict[str, list[tuple[int, int]]] = {"relevant": [], "not_relevant": [], "known": []}
    reasons = []
    for verdict in newest.values():
        user, item = verdict.user_index, number[verdict.item]
        if verdict.kind != "wrong_reason":
            found[verdict.kind].append((user, item))
            continue
        places = inputs[user] == number.get(verdict.evidence, -1)
        if places.any():
            reasons.append(Reason(user, item, places))
        else:
            left_out["of a reason that is no item of the history"] += 1
    return Signals(
        inputs,
        found["relevant"],
        found["not_relevant"],
        found["known"],
        reasons,
        dict(left_out),
    )


def _about(verdict: Verdict) -> tuple[object, ...]:
    """Return what a verdict is about: a later one on the same replaces it."""
    if verdict.kind == "wrong_reason":
        return verdict.user_index, verdict.item, verdict.evidence
    return verdict.user_index, verdict.item
