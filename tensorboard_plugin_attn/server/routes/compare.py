"""`/compare`: every head of one layer against every head of another, over the users both follow.

The two sides may be runs, layers or steps. Users are the same if their pseudonyms are, and cells
if they stand for the same items; what cannot be compared is counted with its reason, never guessed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.analysis.divergence import TOP_KEYS, Heads, head_distances
from tensorboard_plugin_attn.analysis.matching import Match, match_heads
from tensorboard_plugin_attn.reading.attention import UserAttention, read_header, read_user
from tensorboard_plugin_attn.reading.catalogue import Catalogue
from tensorboard_plugin_attn.reading.chunks import AbsentChunkError, ChunkReader
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.sessions import FrameInfo, Run, Stream
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.axis_items import common_end, item_ids
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

Doubles = NDArray[np.float64]

# Why a user is left out.
NOT_FOLLOWED = "not_followed_by_both"
NO_FRAME = "no_attention"
OTHER_ITEMS = "other_items"
UNKNOWN_ITEMS = "unknown_items"
# Cells of one head against those of another, over all pairs of heads: about 1.4 s of CPU.
# It bounds how many users are taken, so that the same question has the same answer.
MAX_CELL_PAIRS = 200_000_000
REASONS = (NOT_FOLLOWED, NO_FRAME, OTHER_ITEMS, UNKNOWN_ITEMS)


@dataclass(frozen=True)
class Side:
    """A layer of a run at a step."""

    run: str
    stream: Stream
    frame: FrameInfo
    catalogue_identity: object

    @property
    def body(self) -> dict[str, object]:
        """The JSON of it."""
        return {
            "run": self.run,
            "layer": self.stream.metadata.layer,
            "step": self.frame.step,
            "head_count": self.stream.metadata.head_count,
        }


def compare_route(runs: Runs, results: ResultCache, request: Request) -> Response:
    """Answer `/compare`."""
    runs.refresh()
    user = parameters.number(request, "user") if "user" in request.args else None
    with runs.locked() as known:
        a, b = _side(known, request, ""), _side(known, request, "other_")
    if user is not None and user >= a.stream.metadata.cohort_size:
        raise not_found("user", f"The cohort has {a.stream.metadata.cohort_size} users.")
    tag = fingerprint(
        user,
        *((side.body, identity([side.frame]), side.catalogue_identity) for side in (a, b)),
    )
    return respond(results, request, tag, JSON, lambda: json_bytes(compare_impl(runs, a, b, user)))


def _side(known: dict[str, Run], request: Request, prefix: str) -> Side:
    name, layer = (
        parameters.text(request, f"{prefix}run"),
        parameters.text(request, f"{prefix}layer"),
    )
    step = parameters.number(request, f"{prefix}step")
    run = parameters.find_run(known, name)
    stream = parameters.find_layer(run, layer)
    frame = stream.at_or_before(run.attempts, step)
    if frame is None:
        raise not_found("step", "Nothing is logged at or before it. /timeline lists the steps.")
    return Side(name, stream, frame, catalogue_identity(run))


@dataclass
class Comparison:
    """Collects users one by one."""

    heads: int
    other_heads: int
    bits: list[Doubles] = field(default_factory=list)  # of each user [head, other head]
    overlap: list[Doubles] = field(default_factory=list)
    rows: int = 0
    shortened: int = 0  # users whose oldest items only one side sees
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, a: NDArray[np.float32], b: NDArray[np.float32], budget: Budget) -> None:
        """Take in one user's attention on the items both sides see, `[head, query, key]` each."""
        found = []
        ours, theirs = Heads(a), Heads(b)
        for head in range(len(ours)):
            budget.check()
            found.append(head_distances(ours, head, theirs))
        bits = np.stack([distances.bits for distances in found])
        if np.isnan(bits).any():
            self.left_out[NO_FRAME] += 1  # a head that attends to none of these items
            return
        self.bits.append(bits)
        self.overlap.append(np.stack([distances.overlap for distances in found]))
        self.rows += found[0].rows

    def body(self) -> dict[str, object]:
        """Return the JSON of what was collected."""
        shape = (0, self.heads, self.other_heads)
        bits = np.stack(self.bits) if self.bits else np.zeros(shape)
        overlap = np.stack(self.overlap) if self.overlap else np.zeros(shape)
        return {
            "users": len(bits),
            "rows": self.rows,
            "shortened_users": self.shortened,
            "left_out": {reason: self.left_out[reason] for reason in REASONS},
            "divergence_bits": _table(bits),
            "top_count": TOP_KEYS,
            "top_overlap": _table(overlap),
            "matches": [_match(match) for match in match_heads(1 - bits)],
        }


def _table(values: Doubles) -> list[list[float | None]]:
    mean = values.mean(axis=0) if len(values) else np.full(values.shape[1:], np.nan)
    return [[short(float(value)) for value in row] for row in mean]


def _match(match: Match) -> dict[str, object]:
    return {
        "head": match.head,
        "other_head": match.other_head,
        "similarity": short(match.similarity),
        "margin": short(match.margin),
        "agreeing_users": match.agreeing_users,
    }


def compare_impl(runs: Runs, a: Side, b: Side, only: int | None) -> dict[str, object]:
    """Return distances of all pairs of heads, and which heads belong together.

    Raises:
      RouteError: it takes too long (503).
    """
    budget = Budget()
    catalogues = (runs.catalogue(a.run), runs.catalogue(b.run))
    pairs, unknown = same_users(a, b, *catalogues)
    if only is not None:
        pairs = [pair for pair in pairs if pair[0] == only]
        unknown = 0 if pairs else 1
    try:
        headers = (read_header(runs, a.frame), read_header(runs, b.frame))
    except AbsentChunkError:
        chosen, headers, missing = [], (pb.FrameHeader(), pb.FrameHeader()), len(pairs)
    else:
        missing = 0
        work = _work_per_user(headers, pairs)
        most = min(MAX_FRAMES // 2, max(1, MAX_CELL_PAIRS // max(1, work)))
        chosen = [pairs[place] for place in spread(len(pairs), most)]
    found = Comparison(a.stream.metadata.head_count, b.stream.metadata.head_count)
    found.left_out[NOT_FOLLOWED], found.left_out[NO_FRAME] = unknown, missing
    for users in chosen:
        budget.check()
        try:
            own = [
                read_user(ChunkReader(runs, side.stream, user), side.frame)
                for side, user in zip((a, b), users, strict=True)
            ]
        except AbsentChunkError:
            found.left_out[NO_FRAME] += 1
            continue
        size = _common_size(a, b, own, users, catalogues)
        if isinstance(size, str):
            found.left_out[size] += 1
            continue
        queries, keys = size
        found.shortened += any(user.attention.shape[1:] != size for user in own)
        left, right = (user.attention[:, -queries:, -keys:] for user in own)
        found.add(left, right, budget)
    return {"a": a.body, "b": b.body, "of_users": len(pairs), **found.body()}


def _work_per_user(
    headers: tuple[pb.FrameHeader, pb.FrameHeader], pairs: list[tuple[int, int]]
) -> int:
    """Return the most cell pairs that any of `pairs` needs, by what the headers say."""
    a, b = headers
    cells = [
        chunk.query_length * chunk.key_length
        for user, _ in pairs
        if user < len(a.chunks) and (chunk := a.chunks[user])
    ]
    return a.head_count * b.head_count * max(cells, default=0)


def same_users(
    a: Side, b: Side, ours: Catalogue, theirs: Catalogue
) -> tuple[list[tuple[int, int]], int]:
    """Return pairs of indices of users that both runs follow, and how many of `a` `b` does not."""
    count = a.stream.metadata.cohort_size
    if a.run == b.run:
        both = min(count, b.stream.metadata.cohort_size)
        return [(user, user) for user in range(both)], count - both
    number = {user.id: place for place, user in enumerate(theirs.users) if user.id}
    pairs = [
        (place, number[user.id])
        for place, user in enumerate(ours.users[:count])
        if user.id in number
    ]
    return pairs, count - len(pairs)


def _common_size(
    a: Side,
    b: Side,
    own: list[UserAttention],
    users: tuple[int, int],
    catalogues: tuple[Catalogue, Catalogue],
) -> tuple[int, int] | str:
    """Return how many newest queries and keys are the same items, or why none can be compared."""
    sizes = []
    for axis, name in (("query_axis", "query"), ("key_axis", "key")):
        lengths, ids = [], []
        for side, user, index, catalogue in zip((a, b), own, users, catalogues, strict=True):
            length = getattr(user.chunk, f"{name}_length")
            first = getattr(user.chunk, f"{name}_offset")
            numbered = getattr(user.chunk, f"{name}_axis_number")
            known = [] if numbered else item_ids(
                catalogue, index, getattr(side.stream.metadata, axis), first, length
            )  # fmt: skip
            # An axis that has a number has it in its attempt only.
            lengths.append((length, first, (side.frame.attempt, numbered) if numbered else None))
            ids.append(known)
        if not all(ids):
            # Axes without items: the same places of the same user of one run are the same.
            if a.run == b.run and lengths[0] == lengths[1] and not any(ids):
                sizes.append(lengths[0][0])
                continue
            return UNKNOWN_ITEMS
        sizes.append(common_end(*ids))
        if not sizes[-1]:
            return OTHER_ITEMS
    return sizes[0], sizes[1]
