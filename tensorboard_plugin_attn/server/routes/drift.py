"""`/drift`: how far each head of one user is, at every step, from what it is at another step.

Falling to 0 says that a head has settled. At most 200 steps, evenly spread, are looked at.
"""

from __future__ import annotations

import numpy as np
from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn.analysis.divergence import jensen_shannon_bits
from tensorboard_plugin_attn.reading.attention import UserAttention, read_user
from tensorboard_plugin_attn.reading.catalogue import Catalogue
from tensorboard_plugin_attn.reading.chunks import AbsentChunkError, ChunkReader
from tensorboard_plugin_attn.reading.places import axes_of, same_person, same_places
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.sessions import FrameInfo, Stream
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.budget import MAX_FRAMES, Budget, spread
from tensorboard_plugin_attn.server.computed import (
    JSON,
    catalogue_identity,
    fingerprint,
    identity,
    json_bytes,
    respond,
    short,
)
from tensorboard_plugin_attn.server.errors import not_found
from tensorboard_plugin_attn.server.result_cache import ResultCache


def drift_route(runs: Runs, results: ResultCache, request: Request) -> Response:
    """Answer `/drift`."""
    runs.refresh()
    name, layer = parameters.text(request, "run"), parameters.text(request, "layer")
    user = parameters.number(request, "user")
    step = parameters.number(request, "to") if "to" in request.args else parameters.MAX_STEP
    with runs.locked() as known:
        run = parameters.find_run(known, name)
        stream = parameters.find_layer(run, layer)
        if user >= stream.metadata.cohort_size:
            raise not_found("user", f"The cohort has {stream.metadata.cohort_size} users.")
        timeline = stream.timeline(run.attempts)
        frames = [timeline[place] for place in spread(len(timeline), MAX_FRAMES - 1)]
        to = stream.at_or_before(run.attempts, step)
        named = catalogue_identity(run)
    if to is None:
        raise not_found("step", "Nothing is logged at or before it. /timeline lists the steps.")
    tag = fingerprint(name, layer, user, identity(frames), identity([to]), named)

    def make() -> bytes:
        body = {"run": name, "layer": layer, "user": user, "to": to.step}
        return json_bytes({**body, **drift_impl(runs, name, stream, frames, to, user)})

    return respond(results, request, tag, JSON, make)


def drift_impl(
    runs: Runs, name: str, stream: Stream, frames: list[FrameInfo], to: FrameInfo, user: int
) -> dict[str, object]:
    """Return `steps` and `divergence_bits[step][head]`; steps of other places are left out.

    Raises:
      RouteError: it takes too long (503).
    """
    budget, reader, catalogue = Budget(), ChunkReader(runs, stream, user), runs.catalogue(name)

    def read(frame: FrameInfo) -> UserAttention | None:
        budget.check()
        try:
            return read_user(reader, frame)
        except AbsentChunkError:
            return None

    steps: list[int] = []
    bits: list[list[float | None]] = []
    reference = read(to)
    if reference is None:
        return {"steps": steps, "divergence_bits": bits}
    for frame in frames:
        own = read(frame)
        if own is None or not _alike(catalogue, stream, user, (frame, own), (to, reference)):
            continue
        steps.append(frame.step)
        rows = jensen_shannon_bits(own.attention, reference.attention)  # [head, query]
        there = ~np.isnan(rows)
        counts = there.sum(axis=1)
        means = np.where(there, rows, 0).sum(axis=1) / np.maximum(counts, 1)
        bits.append(
            [short(float(mean)) if n else None for mean, n in zip(means, counts, strict=True)]
        )
    return {"steps": steps, "divergence_bits": bits}


def _alike(
    catalogue: Catalogue,
    stream: Stream,
    user: int,
    one: tuple[FrameInfo, UserAttention],
    other: tuple[FrameInfo, UserAttention],
) -> bool:
    """Tell whether cells of both frames stand for the same queries and keys of the same person."""
    (frame, own), (to, reference) = one, other
    if own.attention.shape != reference.attention.shape:
        return False
    ours = axes_of(frame.attempt, stream.metadata, own.chunk)
    theirs = axes_of(to.attempt, stream.metadata, reference.chunk)
    return same_person(catalogue, user, frame.attempt, to.attempt) and all(
        same_places(catalogue, user, a, b) for a, b in zip(ours, theirs, strict=True)
    )
