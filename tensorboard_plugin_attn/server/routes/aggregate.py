"""`/aggregate`: attention of the whole cohort as one picture, aligned on the newest items.

In the container of `/frames`, so that the browser decodes it with the same code. It shows no one
user's titles: position -1 is a different item for each.
"""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.analysis.aggregation import NewestAligned
from tensorboard_plugin_attn.reading.attention import (
    AbsentAttentionError,
    read_header,
    read_user,
    usable_chunk,
)
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
            except AbsentAttentionError as error:
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
      AbsentAttentionError: no user has attention there, or together they need too many cells.
      RouteError: it takes too long (503), or becomes too large (413).
    """
    header = read_header(runs, frame)
    there, why = _usable(header, users)
    if not there:
        raise why or AbsentAttentionError("not_logged", "the step has no users")
    queries, keys = (
        max(getattr(header.chunks[user], name) for user in there)
        for name in ("query_length", "key_length")
    )
    if header.head_count * queries * keys > schema.MAX_CELLS:
        raise AbsentAttentionError("not_computable", "together the users have too many cells")
    together = NewestAligned(header.head_count, queries, keys)
    triangle, counted = True, 0
    for user in there:
        budget.check()
        try:
            own = read_user(runs, stream, frame, header, user)
        except AbsentAttentionError as error:
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


def _usable(
    header: pb.FrameHeader, users: Sequence[int]
) -> tuple[list[int], AbsentAttentionError | None]:
    """Return the users that can be computed with, and why the last other one cannot."""
    there, why = [], None
    for user in users:
        try:
            usable_chunk(header, user)
        except AbsentAttentionError as error:
            why = error
        else:
            there.append(user)
    return there, why
