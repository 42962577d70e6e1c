"""`/items`: search among all items a model scores, to add one to a history."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.store import UnavailableError
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.bodies import item_body
from tensorboard_plugin_attn.server.errors import bad_parameter, unavailable
from tensorboard_plugin_attn.server.guard import json_response
from tensorboard_plugin_attn.server.replay import UNKNOWN, Asked, Replays, asked

MOST_ITEMS = 50


def items_route(runs: Runs, replays: Replays, request: Request) -> Response:
    """Answer `/items`."""
    query = parameters.text(request, "query")
    if len(query) > schema.MAX_STRING:
        raise bad_parameter("query", f"is longer than {schema.MAX_STRING} characters")
    about = asked(runs, request)
    return json_response(request, items_impl(runs, replays, about, query))


def items_impl(runs: Runs, replays: Replays, about: Asked, query: str) -> dict[str, object]:
    """Return the items whose label or id holds every word of `query`, by label."""
    replay = replays.get(about.run, about.frame)
    try:
        catalogue = runs.catalogue(about.run)
    except (UnavailableError, KeyError) as error:
        raise unavailable() from error
    words = query.casefold().split()
    known = [catalogue.items[number] for number in replay.numbers.tolist() if number != UNKNOWN]
    found = [
        item
        for item in known
        if all(word in f"{item.label} {item.id}".casefold() for word in words)
    ]
    found.sort(key=lambda item: (item.label.casefold(), item.id))
    return {
        "run": about.run,
        "step": about.frame.step,
        "count": len(found),
        "items": [item_body(item) for item in found[:MOST_ITEMS]],
    }
