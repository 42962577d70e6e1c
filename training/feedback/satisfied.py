"""Which verdicts a model satisfies, each by a rule that can be said in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tensorboard_plugin_attn.capture.keras_attention import capturing
from training.feedback.signals import Reason, Signals
from training.models.attention import NEVER

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
    with capturing() as captured:
        scores = np.asarray(model.item_scores(inputs), np.float32)
    pairs = [*signals.relevant, *signals.rejected]
    ranks = [
        _rank(scores[user], item, _excluded(signals, user, remove_seen=remove_seen))
        for user, item in pairs
    ]
    layers = [np.asarray(layer.attention, np.float32)[:, :, -1] for layer in captured]
    newest = np.concatenate(layers, axis=1)  # [user, layer and head, position]
    attention = [newest[r.user][:, r.evidence].sum(axis=1).mean() for r in signals.reasons]
    effects = [_effect(model, signals.inputs, scores, reason) for reason in signals.reasons]
    return Standing(np.array(ranks, int), np.array(attention), np.array(effects))


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


def _effect(model: Any, inputs: np.ndarray, scores: np.ndarray, reason: Reason) -> float:
    masked = np.where(reason.evidence, np.float32(2 * NEVER), np.float32(0))[None]
    without = np.asarray(
        model.item_scores(tf.constant(inputs[reason.user][None]), log_weight=masked), np.float32
    )[0]
    whole = scores[reason.user]
    lies_over = whole[reason.item] - whole[1:].mean()
    return max(0.0, float(lies_over - (without[reason.item] - without[1:].mean())))
