"""`/contrast`: why one item ranks above another, place by place of the history."""

from __future__ import annotations

from functools import partial

import numpy as np
from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn.analysis import explain
from tensorboard_plugin_attn.analysis.attribution import Claims
from tensorboard_plugin_attn.analysis.explain import Floats
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.budget import Budget
from tensorboard_plugin_attn.server.computed import JSON, json_bytes, respond
from tensorboard_plugin_attn.server.errors import not_found
from tensorboard_plugin_attn.server.replay import Asked, Case, Replays, asked, case
from tensorboard_plugin_attn.server.result_cache import ResultCache
from tensorboard_plugin_attn.server.routes.evidence import (
    attention_of,
    claimed,
    number_of,
    numbers,
    removed_of,
)


def contrast_route(
    runs: Runs, results: ResultCache, replays: Replays, request: Request
) -> Response:
    """Answer `/contrast`."""
    user = parameters.number(request, "user")
    pair = parameters.number(request, "item"), parameters.number(request, "than")
    about = asked(runs, request)
    make = partial(_made, runs, replays, about, user, pair)
    return respond(results, request, about.tag("contrast", user, pair), JSON, make)


def _made(runs: Runs, replays: Replays, about: Asked, user: int, pair: tuple[int, int]) -> bytes:
    of = case(runs, replays, about, user)
    return json_bytes(contrast_impl(of, model_item(of, pair[0]), model_item(of, pair[1])))


def model_item(of: Case, number: int) -> int:
    """Return what the model calls the run's item `number`.

    Raises:
      RouteError: it scores no such item (404).
    """
    item = of.replay.of_run.get(number)
    if item is None:
        raise not_found("item", "/items searches what the model scores.")
    return item


def _attention(found: Claims | None, own: Floats | None) -> list[float | None] | None:
    if found is not None:
        return numbers(found.by_layer[-1])
    return None if own is None else numbers(own)


def contrast_impl(of: Case, item: int, than: int) -> dict[str, object]:
    """Return what each place of the history adds to the lead of `item` over `than`."""
    removed = removed_of(of, Budget())
    found, own = claimed(of, [item, than]), attention_of(of, item)
    lead = float(removed.before[item] - removed.before[than])
    lead_after = removed.deleted[:, item] - removed.deleted[:, than]
    drop = np.asarray(lead - lead_after, np.float32)
    ranks = explain.ranks(removed.before, of.excluded, [item, than]).tolist()
    return {
        **of.head(),
        "item": of.run_number(item),
        "than": of.run_number(than),
        "ranks": ranks,
        "scores": [number_of(removed.before[item]), number_of(removed.before[than])],
        "lead": number_of(lead),
        "history": [of.run_number(each) for each in of.history],
        "lead_drop_when_deleted": numbers(drop),
        "turns_around": (np.sign(lead_after) != np.sign(lead)).tolist(),
        "contribution": found and numbers(found.contribution[0] - found.contribution[1]),
        "attention": _attention(found, own),
        "order": np.argsort(-drop, kind="stable").tolist(),
        "items": of.items([*of.history, item, than]),
    }
