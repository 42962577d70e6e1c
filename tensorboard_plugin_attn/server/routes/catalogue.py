"""`/catalogue`: who the cohort is, what the items are called, and what stands on numbered axes.

Axes are answered by number only: there can be one per user and step, so never all of them at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.reading.catalogue import Catalogue, unnamed_users
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.store import UnavailableError
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.bodies import item_body
from tensorboard_plugin_attn.server.errors import RouteError, unavailable
from tensorboard_plugin_attn.server.guard import json_response

MAX_AXES = 200
MAX_PLACES = 20_000


def catalogue_route(runs: Runs, request: Request) -> Response:
    """Answer `/catalogue`."""
    runs.refresh()
    name = parameters.text(request, "run")
    if "axes" not in request.args:
        return json_response(request, catalogue_impl(runs, name))
    attempt, numbers = parameters.text(request, "attempt"), parameters.numbers(request, "axes")
    return json_response(request, axes_impl(runs, name, attempt, numbers))


def catalogue_impl(runs: Runs, name: str) -> dict[str, object]:
    """Return users in cohort order, and the items they and their recommendations refer to."""
    catalogue, size, generation = _catalogue(runs, name)
    users = catalogue.users or unnamed_users(size)
    return {
        "run": name,
        "generation": generation,
        "users": [_user(index, user) for index, user in enumerate(users)],
        "items": [item_body(item) for item in catalogue.items if item.index in catalogue.listed],
    }


def axes_impl(runs: Runs, name: str, attempt: str, numbers: Sequence[int]) -> dict[str, object]:
    """Return numbered axes of one attempt and the items on them.

    Raises:
      RouteError: more than `MAX_AXES` axes or `MAX_PLACES` places on them (413).
    """
    catalogue, _, generation = _catalogue(runs, name)
    found = {number: catalogue.axis(attempt, number) for number in numbers}
    axes = {number: items for number, items in found.items() if items is not None}
    if len(found) > MAX_AXES or sum(map(len, axes.values())) > MAX_PLACES:
        raise RouteError(
            413,
            "response_too_large",
            f"More than {MAX_AXES} axes, or {MAX_PLACES} items on them.",
            "Ask for fewer axes.",
        )
    items = sorted({item for axis in axes.values() for item in axis if item >= 0})
    return {
        "run": name,
        "generation": generation,
        "attempt": attempt,
        "axes": [
            {"number": number, "items": [item if item >= 0 else None for item in axis]}
            for number, axis in axes.items()
        ],
        "items": [item_body(catalogue.items[item]) for item in items],
        "absent": [number for number in found if number not in axes],
    }


def _catalogue(runs: Runs, name: str) -> tuple[Catalogue, int, int]:
    """Return a run's catalogue, how many users its frames have, and the generation."""
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
    return catalogue, size, generation


def _user(index: int, user: pb.User) -> dict[str, object]:
    return {
        "index": index,
        "id": user.id or f"user-{index + 1}",
        "label": user.label or f"User {index + 1}",
        "attributes": dict(user.attributes),
        "axes": {name: list(axis.items) for name, axis in user.axes.items()},
        "target_item": user.target_item if user.has_target else None,
    }
