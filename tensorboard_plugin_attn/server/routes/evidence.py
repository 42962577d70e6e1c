"""`/evidence`: what each recommendation rests on, for one user at one step.

Every number is recomputed from the model of that step: what removing an item really does, beside
what attention, gradients and other claims say of it. Which of them to believe is `/faithfulness`.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn.analysis import explain
from tensorboard_plugin_attn.analysis.attribution import Claims, claims
from tensorboard_plugin_attn.analysis.explain import Floats, Removed
from tensorboard_plugin_attn.portable.edits import Edit
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.budget import Budget
from tensorboard_plugin_attn.server.computed import JSON, json_bytes, respond, short
from tensorboard_plugin_attn.server.replay import Asked, Case, Replays, asked, case
from tensorboard_plugin_attn.server.result_cache import ResultCache

TOP, MOST_TOP = 10, 50


def evidence_route(
    runs: Runs, results: ResultCache, replays: Replays, request: Request
) -> Response:
    """Answer `/evidence`."""
    user = parameters.number(request, "user")
    top = parameters.optional_number(request, "top", TOP, least=1, most=MOST_TOP)
    about = asked(runs, request)
    make = partial(_made, runs, replays, about, user, top)
    return respond(results, request, about.tag("evidence", user, top), JSON, make)


def _made(runs: Runs, replays: Replays, about: Asked, user: int, top: int) -> bytes:
    return json_bytes(evidence_impl(case(runs, replays, about, user), top))


def evidence_impl(of: Case, top: int) -> dict[str, object]:
    """Return the evidence of the `top` best items, and of the target."""
    budget = Budget()
    removed = explain.removed(of.predict(budget.check), len(of.history))
    best = explain.best(removed.before, of.excluded, top)
    target = of.target
    items = [*best, *([] if target is None or target in best else [target])]
    found = claims(of.model, of.model.inputs(of.history, [Edit()]), items, len(of.history))
    rows = [_row(of, item, number, removed, found) for number, item in enumerate(items)]
    return {
        **of.head(),
        "history": [of.run_number(item) for item in of.history],
        "attention": numbers(found.by_layer[-1]),
        "attention_by_layer": [numbers(layer) for layer in found.by_layer],
        "attention_elsewhere": numbers(found.elsewhere),
        "rollout": numbers(found.rollout),
        "value_size": numbers(found.value_size),
        "value_norm": numbers(found.value_norm),
        "recommendations": rows[: len(best)],
        "target": None if target is None else rows[items.index(target)],
        "items": of.items([*of.history, *items]),
    }


def _row(of: Case, item: int, number: int, removed: Removed, found: Claims) -> dict[str, object]:
    drop = removed.before[item] - removed.deleted[:, item]
    before = explain.log_probabilities(removed.before)[item]
    after = explain.log_probabilities(removed.deleted)[:, item]
    gradient = found.gradient[number]
    ranks = explain.ranks(removed.deleted, of.excluded, [item])[:, 0]
    return {
        "item": of.run_number(item),
        "rank": int(explain.ranks(removed.before, of.excluded, [item])[0]),
        "score": number_of(removed.before[item]),
        "probability": number_of(np.exp(before)),
        "drop_when_deleted": numbers(drop),
        "log_probability_drop_when_deleted": numbers(before - after),
        "rank_when_deleted": ranks.tolist(),
        "drop_when_masked": numbers(removed.before[item] - removed.masked[:, item]),
        "lead_drop_when_masked": numbers(_lead(removed.before, item) - _lead(removed.masked, item)),
        "attention_gradient": numbers(gradient),
        "contribution": numbers(found.contribution[number]),
        "order": np.argsort(-drop, kind="stable").tolist(),
        "agreement": {
            "attention": number_of(explain.rank_correlation(found.by_layer[-1], drop)),
            "attention_gradient": number_of(explain.rank_correlation(gradient, drop)),
        },
    }


def _lead(scores: Floats, item: int) -> Floats:
    """Return how far `item` is above the mean item in `scores [..., item]`, padding (0) aside."""
    return np.asarray(scores[..., item] - scores[..., 1:].mean(axis=-1), np.float32)


def numbers(values: Floats) -> list[float | None]:
    """Return `values` for JSON, with five digits."""
    return [short(value) for value in values.tolist()]


def number_of(value: float | np.floating | None) -> float | None:
    """Return one number for JSON, with the digits a float32 has."""
    return None if value is None else short(float(value), digits=7)
