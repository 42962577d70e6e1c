"""`/status`: is there anything new, and is anything wrong? Cheap enough to poll."""

from __future__ import annotations

from dataclasses import asdict

from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.server.guard import json_response
from tensorboard_plugin_attn.version import VERSION

MAX_PROBLEMS = 200


def status_route(runs: Runs, request: Request) -> Response:
    """Answer `/status`."""
    runs.refresh()
    return json_response(request, status_impl(runs))


def status_impl(runs: Runs) -> dict[str, object]:
    """Return the generation, the progress of indexing and the problems."""
    progress = runs.progress()
    return {
        "generation": runs.generation,
        "indexing": asdict(progress),
        "reader": runs.store.name,
        "version": VERSION,
        "problems": [asdict(problem) for problem in runs.problems[:MAX_PROBLEMS]],
    }
