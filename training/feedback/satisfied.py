"""Which verdicts a model satisfies, each by a rule that can be said in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from training.feedback.evidence import effects, scores_and_attention
from training.feedback.signals import Signals

HALF = 0.5
RULES = {
    "relevant": "the item is in the list, or has come up in the ranking",
    "not_relevant": "the item is not in the list any more",
    "known": "the item is no candidate any more",
    "wrong_reason": "attention on the evidence, and what removing it changes, fell to half",
}


@dataclass(frozen=True)
class Standing:
    """What a model makes of the verdicts.

    Attributes:
      ranks: of the relevant items, from 1, then of the rejected ones.
      attention: on each rejected evidence, mean over layers and heads, `[reason]`.
      effect: what removing each evidence takes from the item's score, `[reason]`, never below 0.
    """

    ranks: np.ndarray
    attention: np.ndarray
    effect: np.ndarray


def standing(model: Any, signals: Signals, *, remove_seen: bool) -> Standing:
    """Return what `model` makes of `signals`.

    Args:
      model: a sequence model, with `item_scores(inputs, log_weight=)`.
      signals: what was said.
      remove_seen: what a user has seen is no candidate, nor what is known already.
    """
    inputs = tf.constant(signals.inputs)
    found, newest = scores_and_attention(model, inputs)
    scores = np.asarray(found, np.float32)
    pairs = [*signals.relevant, *signals.rejected]
    ranks = [
        _rank(scores[user], item, _excluded(signals, user, remove_seen=remove_seen))
        for user, item in pairs
    ]
    if not signals.reasons:
        return Standing(np.array(ranks, int), np.zeros(0), np.zeros(0))
    users = [reason.user for reason in signals.reasons]
    evidence = np.stack([reason.evidence for reason in signals.reasons]).astype(np.float32)
    attention = np.einsum("rhp,rp->rh", np.asarray(newest)[users], evidence).mean(axis=1)
    lost = effects(
        model,
        tf.constant(signals.inputs[users]),
        tf.gather(found, users),
        tf.constant([reason.item for reason in signals.reasons]),
        tf.constant(evidence),
    )
    return Standing(np.array(ranks, int), attention, np.asarray(lost))


def satisfied(
    signals: Signals, before: Standing, after: Standing, top_k: int
) -> Mapping[str, tuple[int, int]]:
    """Return `(satisfied, said)` by kind, by `RULES`.

    Args:
      signals: what was said.
      before: the parent's.
      after: the child's.
      top_k: length of the list.
    """
    relevant = len(signals.relevant)
    up = (after.ranks <= top_k) | (after.ranks < before.ranks)
    out = after.ranks > top_k
    less = (after.attention <= HALF * before.attention) & (after.effect <= HALF * before.effect)
    return {
        "relevant": (int(up[:relevant].sum()), relevant),
        "not_relevant": (int(out[relevant:].sum()), len(signals.rejected)),
        "known": (len(signals.known), len(signals.known)),
        "wrong_reason": (int(less.sum()), len(signals.reasons)),
    }


def _excluded(signals: Signals, user: int, *, remove_seen: bool) -> set[int]:
    known = {item for row, item in signals.known if row == user}
    return known | (set(signals.inputs[user].tolist()) if remove_seen else set()) | {0}


def _rank(scores: np.ndarray, item: int, excluded: set[int]) -> int:
    """Return the place of `item` among what is a candidate, itself always one."""
    candidates = np.ones(len(scores), bool)
    candidates[list(excluded - {item})] = False
    return 1 + int((scores[candidates] > scores[item]).sum())
