"""`/measures`: one number per head and step, as the writer computed them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn import codec, measures_codec, schema
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.sessions import FrameInfo
from tensorboard_plugin_attn.reading.store import UnavailableError
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.errors import not_found, unavailable
from tensorboard_plugin_attn.server.guard import json_response

MAX_POINTS = 1000
MAX_RARE_POINTS = 200

Measured = tuple[dict[str, codec.Floats], int]  # by name, `[head]` each; number of heads


def measures_route(runs: Runs, request: Request) -> Response:
    """Answer `/measures`."""
    runs.refresh()
    name, layer = parameters.text(request, "run"), parameters.text(request, "layer")
    user = parameters.number(request, "user")
    with runs.locked() as known:
        run = parameters.find_run(known, name)
        stream = parameters.find_layer(run, layer)
        if user >= stream.metadata.cohort_size:
            raise not_found("user", f"The cohort has {stream.metadata.cohort_size} users.")
        frames = points(stream.timeline(run.attempts))
    body = {"run": name, "layer": layer, "user": user, **measures_impl(runs, frames, user)}
    return json_response(request, body)


def points(frames: Sequence[FrameInfo]) -> list[FrameInfo]:
    """Return at most `MAX_POINTS` frames: evenly spread ones, and those with importance of heads.

    Importance is logged at few steps, which an even spread would miss.
    """
    if len(frames) <= MAX_POINTS:
        return list(frames)
    rare = [place for place, frame in enumerate(frames) if frame.has_importance]
    kept = thinned(rare, MAX_RARE_POINTS)
    even = thinned(range(len(frames)), MAX_POINTS - len(kept))
    return [frames[place] for place in sorted({*kept, *even})]


def thinned(places: Sequence[int], most: int) -> list[int]:
    """Return at most `most` of `places`, evenly spread, the first and the last among them."""
    if len(places) <= most:
        return list(places)
    return [places[round(number * (len(places) - 1) / (most - 1))] for number in range(most)]


def measures_impl(runs: Runs, frames: Sequence[FrameInfo], user: int) -> dict[str, object]:
    """Return `steps` and `measures[name][step][head]`; unreadable steps are left out."""
    found: list[tuple[int, Measured]] = []
    for frame in frames:
        try:
            header = codec.open_header(runs.read(frame, [0])[0])
        except codec.CorruptChunkError:
            continue
        except UnavailableError as error:
            raise unavailable() from error
        if user < len(header.chunks) and header.chunks[user].encoding:
            measured = measures_codec.unpack(header.chunks[user].measures)
            found.append((frame.step, (measured, header.head_count)))
    return {
        "steps": [step for step, _ in found],
        "measures": {
            name: [_row(measured, name) for _, measured in found] for name in measures_codec.NAMES
        },
    }


def _row(found: Measured, name: str) -> list[float | None]:
    """Return one number per head: nulls for what was not measured at a step, or is not defined."""
    measured, heads = found
    if name not in measured:
        return [None] * min(heads, schema.MAX_HEADS)
    return [_short(float(value)) for value in measured[name]]


def _short(value: float) -> float | None:
    """Return `value` with five digits: a curve needs no more."""
    return float(f"{value:.5g}") if math.isfinite(value) else None
