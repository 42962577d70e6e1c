"""`/counterfactual`: the fewest history items without which something else would be recommended."""

from __future__ import annotations

from functools import partial

from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn.analysis import explain
from tensorboard_plugin_attn.analysis.counterfactual import smallest_set
from tensorboard_plugin_attn.portable.edits import Edit
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.budget import Budget
from tensorboard_plugin_attn.server.computed import JSON, json_bytes, respond
from tensorboard_plugin_attn.server.errors import bad_parameter
from tensorboard_plugin_attn.server.replay import Asked, Case, Replays, asked, case
from tensorboard_plugin_attn.server.result_cache import ResultCache
from tensorboard_plugin_attn.server.routes.contrast import model_item
from tensorboard_plugin_attn.server.routes.evidence import MOST_TOP, number_of


def counterfactual_route(
    runs: Runs, results: ResultCache, replays: Replays, request: Request
) -> Response:
    """Answer `/counterfactual`."""
    user, number = parameters.number(request, "user"), parameters.number(request, "item")
    within = parameters.optional_number(request, "within", 1, least=1, most=MOST_TOP)
    about = asked(runs, request)
    make = partial(_made, runs, replays, about, user, number, within)
    tag = about.tag("counterfactual", user, number, within)
    return respond(results, request, tag, JSON, make)


def _made(runs: Runs, replays: Replays, about: Asked, user: int, number: int, within: int) -> bytes:
    of = case(runs, replays, about, user)
    return json_bytes(counterfactual_impl(of, model_item(of, number), within))


def counterfactual_impl(of: Case, item: int, within: int) -> dict[str, object]:
    """Return the smallest set found after which `item` is not among the first `within`."""
    predict = of.predict(Budget().check)
    before = predict([Edit()])[0]
    rank = int(explain.ranks(before, of.excluded, [item])[0])
    if rank > within:
        raise bad_parameter("item", f"ranks {rank}, not among the first {within} as it is")
    found = smallest_set(predict, len(of.history), item, of.excluded, within=within)
    deleted = [of.history[place] for place in found.places]
    instead = [] if found.instead is None else [found.instead]
    return {
        **of.head(),
        "item": of.run_number(item),
        "within": within,
        "found": bool(found.places),
        "is_smallest": found.is_smallest,
        "places": list(found.places),
        "deleted": [of.run_number(each) for each in deleted],
        "instead": of.run_number(instead[0]) if instead else None,
        "rank_before": rank,
        "rank_after": found.rank_after,
        "score_before": number_of(before[item]),
        "score_after": number_of(found.score_after),
        "tried": found.tried,
        "items": of.items([item, *deleted, *instead]),
    }
