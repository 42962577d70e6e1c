"""`/models`: the steps of a run at which its model was logged, so that it can be asked again."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.sessions import Run
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.bodies import gap_bodies
from tensorboard_plugin_attn.server.guard import json_response


def models_route(runs: Runs, request: Request) -> Response:
    """Answer `/models`."""
    runs.refresh()
    name = parameters.text(request, "run")
    with runs.locked() as known:
        body = models_impl(parameters.find_run(known, name))
    return json_response(request, body)


def models_impl(run: Run) -> dict[str, object]:
    """Return columns of equal length, ascending by step; empty for a run without models."""
    frames = run.models.timeline(run.attempts) if run.models else []
    return {
        "run": run.name,
        "steps": [frame.step for frame in frames],
        "epochs": [frame.epoch for frame in frames],
        "wall_times_s": [frame.wall_time_s for frame in frames],
        "gaps": gap_bodies(run.gaps, schema.MODEL_TAG),
    }
