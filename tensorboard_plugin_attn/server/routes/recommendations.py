"""`/recommendations`: the top-k list of one user at any steps."""

from __future__ import annotations

import math

from google.protobuf.message import DecodeError
from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.reading.catalogue import Catalogue
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.sessions import FrameInfo
from tensorboard_plugin_attn.reading.store import UnavailableError
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.errors import RouteError, not_found, unavailable
from tensorboard_plugin_attn.server.guard import json_response
from tensorboard_plugin_attn.server.parameters import Absent, Selected

MAX_STEPS = 1000


def recommendations_route(runs: Runs, request: Request) -> Response:
    """Answer `/recommendations`."""
    runs.refresh()
    name, user = parameters.text(request, "run"), parameters.number(request, "user")
    wanted = parameters.steps(request)
    with runs.locked() as known:
        run = parameters.find_run(known, name)
        if run.recommendations is None:
            raise RouteError(
                404,
                "no_recommendations",
                "This run logged no recommendations.",
                "Pass scores= and score_items= to the callback, "
                "or call writer.recommendations(...).",
            )
        if user >= parameters.cohort_size(runs, run):
            raise not_found("user", "/catalogue lists the cohort's users.")
        selected = parameters.select(run, run.recommendations, "", wanted, MAX_STEPS)
    return json_response(request, recommendations_impl(runs, name, user, selected))


def recommendations_impl(runs: Runs, name: str, user: int, selected: Selected) -> dict[str, object]:
    """Return columns of equal length, ascending by step."""
    catalogue = _catalogue(runs, name)
    found: list[tuple[FrameInfo, list[int], pb.Recommendations]] = []
    absent = list(selected.absent)
    for frame in selected.frames:
        read = _read(runs, frame, user)
        if isinstance(read, Absent):
            absent.append(read)
            continue
        numbers = [catalogue.number(frame.attempt, index) for index in read.items]
        known = [number for number in numbers if number is not None]
        if len(known) < len(numbers):
            absent.append(Absent(frame.step, "corrupt", "items that no catalogue names"))
        else:
            found.append((frame, known, read))
    return {
        "run": name,
        "user": user,
        "steps": [frame.step for frame, _, _ in found],
        "items": [items for _, items, _ in found],
        "scores": [[_finite(score) for score in item.scores] for _, _, item in found],
        "target_ranks": [item.target_rank or None for _, _, item in found],
        "target_scores": [
            _finite(item.target_score) if item.target_rank else None for _, _, item in found
        ],
        "seen_removed": all(item.seen_removed for _, _, item in found),
        "absent": [item.body() for item in sorted(absent, key=lambda item: item.step)],
    }


def _catalogue(runs: Runs, name: str) -> Catalogue:
    try:
        return runs.catalogue(name)
    except (UnavailableError, KeyError) as error:
        raise unavailable() from error


def _read(runs: Runs, frame: FrameInfo, user: int) -> pb.Recommendations | Absent:
    try:
        return pb.Recommendations.FromString(runs.read(frame, [1 + user])[0])
    except UnavailableError as error:
        raise unavailable() from error
    except IndexError:
        return Absent(frame.step, "not_logged", "not for this user")
    except DecodeError:
        return Absent(frame.step, "corrupt", "the recommendations are not a message")


def _finite(score: float) -> float | None:
    """Return `score` with the digits a float32 has, or `None` for NaN and infinities."""
    return float(f"{score:.7g}") if math.isfinite(score) else None
