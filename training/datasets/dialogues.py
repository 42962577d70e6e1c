"""Builds dialogues from single queries, because the public data has queries but no conversations.

What is built: who asks what after what. What is real: every text, and which intent it has. So
models trained on it show how attention works on such data, and say nothing about how customers
behave.

Structure that is planted: each intent has three follow-ups of its own in its domain. The next turn
is a follow-up of the turn before (60%), another intent of the same domain (30%), or any (10%).
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass

import pandas as pd

FOLLOW_UPS = 3
P_FOLLOW_UP, P_DOMAIN = 0.6, 0.3
HELD_OUT_TURNS = 2


@dataclass(frozen=True)
class Turns:
    """Builds one dialogue after the other.

    Attributes:
      texts: real queries by part (train, test) and intent.
      domain_of: domain by intent.
      follow_ups: the planted structure, by intent.
    """

    texts: dict[tuple[str, str], list[str]]
    domain_of: dict[str, str]
    follow_ups: dict[str, list[str]]

    @classmethod
    def plan(cls, queries: pd.DataFrame, chooser: random.Random) -> Turns:
        """Return turns of `queries`, with columns part, domain, intent and text."""
        texts: dict[tuple[str, str], list[str]] = defaultdict(list)
        for part, intent, text in zip(queries.part, queries.intent, queries.text, strict=True):
            texts[part, intent].append(text)
        domain_of = dict(zip(queries.intent, queries.domain, strict=True))
        members = _members(domain_of)
        follow_ups = {
            intent: chooser.sample(members[domain], min(FOLLOW_UPS, len(members[domain])))
            for intent, domain in sorted(domain_of.items())
        }
        return cls(dict(texts), domain_of, follow_ups)

    def build(self, turns: int, chooser: random.Random) -> list[tuple[str, str]]:
        """Return (intent, text) of each turn; the last two turns' texts are of the test part."""
        intents = [chooser.choice(sorted(self.domain_of))]
        while len(intents) < turns:
            intents.append(self._next(intents[-1], chooser))
        parts = ["train"] * (turns - HELD_OUT_TURNS) + ["test"] * HELD_OUT_TURNS
        return [
            (intent, chooser.choice(self.texts[part, intent]))
            for intent, part in zip(intents, parts, strict=True)
        ]

    def _next(self, intent: str, chooser: random.Random) -> str:
        draw = chooser.random()
        if draw < P_FOLLOW_UP:
            return chooser.choice(self.follow_ups[intent])
        if draw < P_FOLLOW_UP + P_DOMAIN:
            return chooser.choice(_members(self.domain_of)[self.domain_of[intent]])
        return chooser.choice(sorted(self.domain_of))


def build_dialogues(queries: pd.DataFrame, count: int, seed: int = 0) -> pd.DataFrame:
    """Return `count` dialogues of 5 to 12 turns: columns dialogue, turn, intent and text."""
    chooser = random.Random(seed)
    turns = Turns.plan(queries, chooser)
    return pd.DataFrame(
        [
            (f"built-dialogue-{number}", turn, intent, text)
            for number in range(count)
            for turn, (intent, text) in enumerate(turns.build(chooser.randint(5, 12), chooser))
        ],
        columns=["dialogue", "turn", "intent", "text"],
    )


def _members(domain_of: dict[str, str]) -> dict[str, list[str]]:
    members: dict[str, list[str]] = defaultdict(list)
    for intent, domain in sorted(domain_of.items()):
        members[domain].append(intent)
    return members
