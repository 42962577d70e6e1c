"""`/faithfulness`: whether attention, and other claims, say what recommendations rest on.

Measured on the run's own cohort, with the model of one step: ask for several steps to see how it
changes in training. What a figure means is in docs/attention_is_not_explanation.md.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn.analysis import explain, faithfulness
from tensorboard_plugin_attn.analysis.attribution import by_method, claims
from tensorboard_plugin_attn.analysis.explain import Floats
from tensorboard_plugin_attn.analysis.faithfulness import Card, Mean, Measured
from tensorboard_plugin_attn.portable.edits import Edit
from tensorboard_plugin_attn.portable.sequence_model import SequenceModel
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.budget import Budget, spread
from tensorboard_plugin_attn.server.computed import JSON, json_bytes, respond
from tensorboard_plugin_attn.server.errors import RouteError
from tensorboard_plugin_attn.server.guard import json_response
from tensorboard_plugin_attn.server.replay import Asked, Case, Replays, asked, case
from tensorboard_plugin_attn.server.result_cache import ResultCache
from tensorboard_plugin_attn.server.routes.evidence import attention_of, number_of
from tensorboard_plugin_attn.server.routes.whatif import slot

MOST_USERS = 16
AT_ONCE, WAIT_S = 2, 5.0
_cards = threading.BoundedSemaphore(AT_ONCE)
SUBJECT = "attention"
NEWEST = {"with_newest": False, "newest_aside": True}
RANDOMISED = ("attention", "attention_layer_mean", "rollout", "value_norm", "attention_gradient")


def faithfulness_route(
    runs: Runs, results: ResultCache, replays: Replays, request: Request
) -> Response:
    """Answer `/faithfulness`."""
    most = parameters.optional_number(request, "users", MOST_USERS, least=1, most=64)
    about = asked(runs, request)
    make = partial(_made, runs, replays, about, most)
    try:
        return respond(results, request, about.tag("faithfulness", most), JSON, make)
    except _CutShortError as cut:
        return json_response(request, cut.card)


class _CutShortError(Exception):
    """A card that a busy machine left without some users: answered, and not kept."""

    def __init__(self, card: dict[str, object]) -> None:
        super().__init__()
        self.card = card


def _made(runs: Runs, replays: Replays, about: Asked, most: int) -> bytes:
    with slot(_cards, WAIT_S):
        card, out_of_time = faithfulness_impl(runs, replays, about, most)
    if out_of_time:
        raise _CutShortError(card)
    return json_bytes(card)


@dataclass
class _Found:
    """What was measured so far, by which of `NEWEST` and by method, a list per user."""

    figures: dict[str, dict[str, list[list[Measured]]]] = field(
        default_factory=lambda: {name: {} for name in NEWEST}
    )
    alike: dict[str, list[float | None]] = field(default_factory=dict)
    users: int = 0
    too_short: int = 0
    out_of_time: int = 0

    def add(self, of: Case, shuffled: SequenceModel | None, budget: Budget) -> None:
        """Measure one user's first recommendation; `shuffled` is `None` for other kinds."""
        places = len(of.history)
        predict = of.predict(budget.check)
        can_mask = of.is_sequence or bool(of.features)
        removed = explain.removed(predict, places, masks=can_mask)
        [item] = explain.best(removed.before, of.excluded, 1)
        values = explain.effects(removed, item)
        if shuffled is not None:
            inputs = of.model.inputs(of.history, [Edit()])
            claimed = by_method(claims(of.model, inputs, [item], places))
            self._note_alike(claimed, by_method(claims(shuffled, inputs, [item], places)))
            values = {**claimed, **values}
        elif (own := attention_of(of, item)) is not None:
            values = {SUBJECT: np.nan_to_num(own[:places]), **values}
        ordered = faithfulness.orders(values, places, seed=of.user)
        figures = {
            name: faithfulness.measured(predict, item, ordered, newest_aside=aside)
            for name, aside in NEWEST.items()
        }
        for name, methods in figures.items():
            for method, each in methods.items():
                self.figures[name].setdefault(method, []).append(each)
        self.users += 1

    def _note_alike(self, claimed: Mapping[str, Floats], chance: Mapping[str, Floats]) -> None:
        for method in RANDOMISED:
            same = explain.rank_correlation(claimed[method], chance[method])
            self.alike.setdefault(method, []).append(same)


def randomised(model: SequenceModel, seed: int = 0) -> SequenceModel:
    """Return `model` with the numbers in each weight shuffled: it learned nothing.

    A map that looks the same with it does not show what was learned (Adebayo et al., "Sanity Checks
    for Saliency Maps", NeurIPS 2018).
    """
    random = np.random.default_rng(seed)
    tensors = {
        name: random.permutation(array.reshape(-1)).reshape(array.shape)
        for name, array in model.tensors.items()
    }
    return SequenceModel(model.description, tensors)


def faithfulness_impl(
    runs: Runs, replays: Replays, about: Asked, most: int
) -> tuple[dict[str, object], int]:
    """Return the card of every method, and how many users were beyond the budget of time."""
    budget, found = Budget(), _Found()
    users = spread(about.cohort_size, most)
    head: dict[str, object] = {}
    shuffled: SequenceModel | None = None
    for place, user in enumerate(users):
        of = case(runs, replays, about, user)
        head = of.head()
        if shuffled is None and of.is_sequence:
            shuffled = randomised(of.model)
        if len(of.history) < faithfulness.LEAST_PLACES:
            found.too_short += 1
            continue
        try:
            found.add(of, shuffled, budget)
        except RouteError as error:
            if error.code != "timeout" or not found.users:
                raise
            found.out_of_time = len(users) - place
            break
    for name in ("user", "features"):
        head.pop(name, None)
    return {**head, **_body(found)}, found.out_of_time


def _body(found: _Found) -> dict[str, object]:
    cards = {
        name: {method: faithfulness.card(users) for method, users in methods.items()}
        for name, methods in found.figures.items()
    }
    subject = cards["newest_aside"]
    said = "unknown"
    if SUBJECT in subject:
        said = faithfulness.verdict(
            subject[SUBJECT], subject[faithfulness.EXACT], subject["random"]
        )
    return {
        "subject": SUBJECT,
        "verdict": said,
        "users": found.users,
        "users_left_out": {"too_short": found.too_short, "out_of_time": found.out_of_time},
        "sizes": list(faithfulness.SIZES),
        "thresholds": {"explains": faithfulness.EXPLAINS, "partly": faithfulness.PARTLY},
        **{
            name: [_method(methods, method) for method in methods]
            for name, methods in cards.items()
        },
        "randomised": [
            {"method": method, "rank_correlation": _mean(Mean.of(values))}
            for method, values in found.alike.items()
        ],
    }


def _method(methods: Mapping[str, Card], name: str) -> dict[str, object]:
    card, exact, random = methods[name], methods[faithfulness.EXACT], methods["random"]
    return {
        "method": name,
        "verdict": faithfulness.verdict(card, exact, random),
        "aopc": _mean(card.aopc),
        "beats_random": faithfulness.beats(card, random),
        "beats_recency": faithfulness.beats(card, methods["recency"]),
        "share_of_exact": number_of(faithfulness.share_of_exact(card, exact, random)),
        "rank_correlation": _mean(card.rank_correlation),
        "same_first": _mean(card.same_first),
        "comprehensiveness": [_mean(each) for each in card.comprehensiveness],
        "sufficiency": [_mean(each) for each in card.sufficiency],
    }


def _mean(mean: Mean) -> dict[str, object]:
    return {"mean": number_of(mean.value), "error": number_of(mean.error), "users": mean.count}
