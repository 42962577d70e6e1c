"""`/aggregate`: attention of the whole cohort as one picture, aligned on the newest items.

In the container of `/frames`, so that the browser decodes it with the same code. It shows no one
user's titles: position -1 is a different item for each.
"""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.analysis.aggregation import NewestAligned
from tensorboard_plugin_attn.reading.attention import decoded, stored_chunk
from tensorboard_plugin_attn.reading.chunks import AbsentChunkError, ChunkReader, StoredChunk
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.sessions import FrameInfo, Stream
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.budget import MAX_FRAMES, Budget, spread
from tensorboard_plugin_attn.server.computed import (
    OCTETS,
    DerivedFrames,
    fingerprint,
    identity,
    respond,
)
from tensorboard_plugin_attn.server.errors import bad_parameter
from tensorboard_plugin_attn.server.parameters import Absent
from tensorboard_plugin_attn.server.result_cache import ResultCache

HOW = ("mean", "max")


def aggregate_route(runs: Runs, results: ResultCache, request: Request) -> Response:
    """Answer `/aggregate`."""
    runs.refresh()
    name, layer = parameters.text(request, "run"), parameters.text(request, "layer")
    wanted, how = parameters.steps(request), request.args.get("how", "mean")
    if how not in HOW:
        raise bad_parameter("how", f"is not one of {', '.join(HOW)}")
    with runs.locked() as known:
        run = parameters.find_run(known, name)
        stream = parameters.find_layer(run, layer)
        cohort_size = stream.metadata.cohort_size
        users = spread(cohort_size, MAX_FRAMES)
        most = max(1, MAX_FRAMES // max(1, len(users)))
        selected = parameters.select(run, stream, layer, wanted, most)
    tag = fingerprint(name, layer, how, cohort_size, identity(selected.frames), selected.absent)

    def make() -> bytes:
        budget, found, absent = Budget(), DerivedFrames(), list(selected.absent)
        for frame in selected.frames:
            try:
                add_aggregate(runs, stream, frame, users, how, budget, found)
            except AbsentChunkError as error:
                absent.append(Absent(frame.step, error.reason, error.detail))
        head: dict[str, object] = {
            "run": name,
            "layer": layer,
            "user": None,
            "head_count": stream.metadata.head_count,
            "how": how,
            "cohort_size": cohort_size,
        }
        return found.packed(head, [why.body() for why in sorted(absent, key=lambda why: why.step)])

    return respond(results, request, tag, OCTETS, make)


def add_aggregate(
    runs: Runs,
    stream: Stream,
    frame: FrameInfo,
    users: Sequence[int],
    how: str,
    budget: Budget,
    found: DerivedFrames,
) -> None:
    """Add the mean or maximum over `users` at `frame` to `found`.

    Raises:
      AbsentChunkError: no user has attention there, or together they need too many cells.
      RouteError: it takes too long (503), or becomes too large (413).
    """
    there, why = _stored(runs, stream, frame, users, budget)
    if not there:
        raise why or AbsentChunkError("not_logged", "the step has no users")
    heads = there[0][1].header.head_count
    queries, keys = (
        max(getattr(stored.chunk, name) for _, stored in there)
        for name in ("query_length", "key_length")
    )
    if heads * queries * keys > schema.MAX_CELLS:
        raise AbsentChunkError("not_computable", "together the users have too many cells")
    together = NewestAligned(heads, queries, keys)
    triangle, counted = True, 0
    for reader, stored in there:
        budget.check()
        try:
            own = decoded(reader, stored)
        except AbsentChunkError as error:
            why = error
            continue
        together.add(own.attention)
        triangle, counted = triangle and own.triangle, counted + 1
    if not counted and why:
        raise why
    attention = together.mean() if how == "mean" else together.maximum()
    found.add(
        frame,
        attention,
        (0, 0),
        triangle=triangle and queries == keys,
        users=counted,
        users_of_query=together.users_of_query.tolist(),
    )


def _stored(
    runs: Runs, stream: Stream, frame: FrameInfo, users: Sequence[int], budget: Budget
) -> tuple[list[tuple[ChunkReader, StoredChunk]], AbsentChunkError | None]:
    """Return chunks that can be computed with, and why the last other one cannot."""
    there, why = [], None
    for user in users:
        budget.check()
        reader = ChunkReader(runs, stream, user)
        try:
            there.append((reader, stored_chunk(reader, frame)))
        except AbsentChunkError as error:
            why = error
    return there, why
