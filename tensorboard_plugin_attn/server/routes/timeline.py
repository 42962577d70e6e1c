"""`/timeline`: the logged steps of one layer, and the gaps with their reasons."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.bodies import gap_bodies
from tensorboard_plugin_attn.server.guard import json_response


def timeline_route(runs: Runs, request: Request) -> Response:
    """Answer `/timeline`."""
    runs.refresh()
    since = parameters.number(request, "since") if "since" in request.args else None
    run, layer = parameters.text(request, "run"), parameters.text(request, "layer")
    return json_response(request, timeline_impl(runs, run, layer, since))


def timeline_impl(runs: Runs, name: str, layer: str, since: int | None) -> dict[str, object]:
    """Return columns of equal length, ascending by step; only what is later than `since`."""
    with runs.locked() as known:
        run = parameters.find_run(known, name)
        stream = parameters.find_layer(run, layer)
        first = 0 if since is None else since + 1
        frames = stream.between(run.attempts, first, parameters.MAX_STEP)
        attempts = list(run.attempts)
        gaps = gap_bodies(run.gaps, layer)
        generation = runs.generation
    place = {attempt.id: number for number, attempt in enumerate(attempts)}
    return {
        "run": name,
        "layer": layer,
        "generation": generation,
        "steps": [frame.step for frame in frames],
        "epochs": [frame.epoch for frame in frames],
        "wall_times_s": [frame.wall_time_s for frame in frames],
        "attempt_of_step": [place[frame.attempt] for frame in frames],
        "attempts": [{"id": item.id, "start_time_s": item.start_time_s} for item in attempts],
        "gaps": gaps,
    }
