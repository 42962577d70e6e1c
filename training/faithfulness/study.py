"""The table of methods on one trained run: `/faithfulness` of the tab, over hundreds of users.

It replays the run's best checkpoint for held-out users, and asks of each method whether what it
puts first is what matters. Nothing here is computed by Keras but the loading of the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tensorboard_plugin_attn.analysis import explain, faithfulness
from tensorboard_plugin_attn.analysis.attribution import by_method, claims
from tensorboard_plugin_attn.analysis.faithfulness import Card, Measured
from tensorboard_plugin_attn.portable.edits import Edit
from tensorboard_plugin_attn.portable.sequence_model import SequenceModel

NEWEST = {"with_newest": False, "newest_aside": True}


@dataclass(frozen=True)
class Study:
    """Means over users, by which of `NEWEST` and by method.

    Attributes:
      cards: figures of each method.
      users: how many were measured.
      single_deletions: of these, for how many deleting one item changes the first recommendation.
    """

    cards: dict[str, dict[str, Card]]
    users: int
    single_deletions: int

    def table(self) -> str:
        """Return the table for people, as Markdown."""
        lines = [
            "| method | AOPC, all items | ρ, all | AOPC, newest set aside | ρ, newest aside "
            "| first item the same | verdict |",
            "|---|---|---|---|---|---|---|",
        ]
        whole, aside = self.cards["with_newest"], self.cards["newest_aside"]
        for name in whole:
            verdict = faithfulness.verdict(aside[name], aside[faithfulness.EXACT], aside["random"])
            cells = [
                name.replace("_", " "),
                _cell(whole[name].aopc),
                _cell(whole[name].rank_correlation, digits=2),
                _cell(aside[name].aopc),
                _cell(aside[name].rank_correlation, digits=2),
                _cell(aside[name].same_first, digits=2),
                verdict.replace("_", " "),
            ]
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Return every figure."""
        return {
            "users": self.users,
            "single_deletions": self.single_deletions,
            **{
                which: {
                    name: {key: value for key, value in asdict(card).items() if "_by_" not in key}
                    for name, card in methods.items()
                }
                for which, methods in self.cards.items()
            },
        }


def _cell(mean: faithfulness.Mean, digits: int = 3) -> str:
    if mean.value is None:
        return "–"
    return f"{mean.value:.{digits}f} ± {mean.error or 0:.{digits}f}"


def study(
    model: SequenceModel,
    histories: Sequence[Sequence[int]],
    said: Callable[[int], None] = lambda done: None,
) -> Study:
    """Return the figures of every method over users with these `histories`.

    Args:
      model: to be explained.
      histories: item numbers, oldest first.
      said: called with how many users are done.
    """
    figures: dict[str, dict[str, list[list[Measured]]]] = {name: {} for name in NEWEST}
    changed = 0
    for number, history in enumerate(histories):
        found, changes = _one(model, list(history)[-model.most_items :], number)
        changed += changes
        for which, methods in found.items():
            for method, each in methods.items():
                figures[which].setdefault(method, []).append(each)
        said(number + 1)
    cards = {
        which: {method: faithfulness.card(users) for method, users in methods.items()}
        for which, methods in figures.items()
    }
    return Study(cards, len(histories), changed)


def _one(
    model: SequenceModel, history: list[int], seed: int
) -> tuple[dict[str, dict[str, list[Measured]]], bool]:
    """Return one user's figures, and whether one deletion changes what is recommended first."""
    predict = explain.in_batches(lambda edits: model.predict(history, edits))
    excluded = np.zeros(model.description.item_count, bool)
    excluded[[0, *history]] = True
    removed = explain.removed(predict, len(history))
    [item] = explain.best(removed.before, excluded, 1)
    claimed = by_method(claims(model, model.inputs(history, [Edit()]), [item], len(history)))
    values = {**claimed, **explain.effects(removed, item)}
    ordered = faithfulness.orders(values, len(history), seed=seed)
    ranks = explain.ranks(removed.deleted, excluded, [item])
    return {
        which: faithfulness.measured(predict, item, ordered, newest_aside=aside)
        for which, aside in NEWEST.items()
    }, bool((ranks > 1).any())
