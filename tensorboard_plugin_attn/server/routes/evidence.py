"""`/evidence`: what each recommendation rests on, for one user at one step.

Every number is recomputed from the model of that step: what removing an item really does, beside
what attention, gradients and other claims say of it. Which of them to believe is `/faithfulness`.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    removed = removed_of(of, budget)
    best = explain.best(removed.before, of.excluded, top)
    target = of.target
    items = [*best, *([] if target is None or target in best else [target])]
    found = claimed(of, items)
    rows = [_row(of, item, number, removed, found) for number, item in enumerate(items)]
    return {
        **of.head(),
        "history": [of.run_number(item) for item in of.history],
        "attention": numbers(found.by_layer[-1])
        if found
        else next((row["attention"] for row in rows), None),
        "attention_by_layer": found and [numbers(layer) for layer in found.by_layer],
        "attention_elsewhere": found and numbers(found.elsewhere),
        "rollout": found and numbers(found.rollout),
        "value_size": found and numbers(found.value_size),
        "value_norm": found and numbers(found.value_norm),
        "recommendations": rows[: len(best)],
        "target": None if target is None else rows[items.index(target)],
        "items": of.items([*of.history, *items]),
    }


def removed_of(of: Case, budget: Budget) -> Removed:
    """Return the scores without each item of the history, and each feature."""
    can_mask = of.is_sequence or bool(of.features)
    return explain.removed(
        of.predict(budget.check), len(of.history), features=len(of.features), masks=can_mask
    )


def attention_of(of: Case, item: int) -> Floats | None:
    """Return what `item` attends to as a candidate, `[place]`; `None` of other kinds of model."""
    if of.of_features is None:
        return None
    return of.of_features.attention(of.history, Edit(), item)


def claimed(of: Case, items: Sequence[int]) -> Claims | None:
    """Return what the model's inside claims for `items`; `None` if it cannot be seen."""
    if not of.is_sequence:
        return None
    return claims(of.model, of.model.inputs(of.history, [Edit()]), items, len(of.history))


def _row(
    of: Case, item: int, number: int, removed: Removed, found: Claims | None
) -> dict[str, object]:
    drop = removed.before[item] - removed.deleted[:, item]
    before = explain.log_probabilities(removed.before)[item]
    after = explain.log_probabilities(removed.deleted)[:, item]
    ranks = explain.ranks(removed.deleted, of.excluded, [item])[:, 0]
    own = attention_of(of, item)
    attention = found.by_layer[-1] if found else own
    return {
        "item": of.run_number(item),
        "rank": int(explain.ranks(removed.before, of.excluded, [item])[0]),
        "score": number_of(removed.before[item]),
        "probability": number_of(np.exp(before)),
        "drop_when_deleted": numbers(drop),
        "log_probability_drop_when_deleted": numbers(before - after),
        "rank_when_deleted": ranks.tolist(),
        "drop_when_masked": None
        if removed.masked is None
        else numbers(removed.before[item] - removed.masked[:, item]),
        "lead_drop_when_masked": None
        if removed.masked is None
        else numbers(_lead(removed.before, item) - _lead(removed.masked, item)),
        "attention": None if own is None else numbers(own),
        "attention_gradient": found and numbers(found.gradient[number]),
        "contribution": found and numbers(found.contribution[number]),
        "order": np.argsort(-drop, kind="stable").tolist(),
        "agreement": {
            "attention": _agreement(attention, drop),
            "attention_gradient": _agreement(found.gradient[number] if found else None, drop),
        },
    }


def _agreement(claim: Floats | None, drop: Floats) -> float | None:
    """Return the rank correlation of what is claimed with what is so, where both are known."""
    if claim is None:
        return None
    known = np.isfinite(claim)
    return number_of(explain.rank_correlation(claim[known], drop[known]))


def _lead(scores: Floats, item: int) -> Floats:
    """Return how far `item` is above the mean item in `scores [..., item]`, padding (0) aside."""
    return np.asarray(scores[..., item] - scores[..., 1:].mean(axis=-1), np.float32)


def numbers(values: Floats) -> list[float | None]:
    """Return `values` for JSON, with five digits."""
    return [short(value) for value in values.tolist()]


def number_of(value: float | np.floating | None) -> float | None:
    """Return one number for JSON, with the digits a float32 has."""
    return None if value is None else short(float(value), digits=7)
