"""`/catalogue`: who the cohort is, and what the items are called."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.reading.catalogue import unnamed_users
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.store import UnavailableError
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.errors import RouteError, unavailable
from tensorboard_plugin_attn.server.guard import json_response


def catalogue_route(runs: Runs, request: Request) -> Response:
    """Answer `/catalogue`."""
    runs.refresh()
    return json_response(request, catalogue_impl(runs, parameters.text(request, "run")))


def catalogue_impl(runs: Runs, name: str) -> dict[str, object]:
    """Return users in cohort order, and the items they and their recommendations refer to."""
    with runs.locked() as known:
        run = parameters.find_run(known, name)
        size = parameters.cohort_size(runs, run)
        generation = runs.generation
        if not run.catalogues and not size:
            raise RouteError(404, "no_catalogue", "This run has no users yet.", "Wait for a step.")
    try:
        catalogue = runs.catalogue(name)
    except (UnavailableError, KeyError) as error:
        raise unavailable() from error
    users = catalogue.users or unnamed_users(size)
    return {
        "run": name,
        "generation": generation,
        "users": [_user(index, user) for index, user in enumerate(users)],
        "items": [
            {
                "index": item.index,
                "id": item.id,
                "label": item.label or item.id,
                "attributes": dict(item.attributes),
            }
            for item in catalogue.items
        ],
    }


def _user(index: int, user: pb.User) -> dict[str, object]:
    return {
        "index": index,
        "id": user.id or f"user-{index + 1}",
        "label": user.label or f"User {index + 1}",
        "attributes": dict(user.attributes),
        "axes": {name: list(axis.items) for name, axis in user.axes.items()},
        "target_item": user.target_item if user.has_target else None,
    }
