"""Whether a cell of two frames of one run stands for the same two things, restarts included.

Each attempt numbers its axes and its users itself, so a number says nothing to another attempt:
there the items decide, by the numbers the run's catalogue gives them. What is not known to be the
same is not the same; only axes that no attempt has items for are compared by position.
"""

from __future__ import annotations

from dataclasses import dataclass

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.reading.catalogue import Catalogue


@dataclass(frozen=True)
class Axis:
    """One axis of one user's frame.

    Attributes:
      attempt: that logged the frame.
      name: `history`, or what the layer calls it.
      number: of a numbered axis of the attempt; 0 is the user's own.
      offset: position of its first place.
      length: number of places.
    """

    attempt: str
    name: str
    number: int
    offset: int
    length: int


def axes_of(attempt: str, metadata: pb.StreamMetadata, chunk: pb.Chunk) -> tuple[Axis, Axis]:
    """Return the axes of the queries and of the keys of a frame's chunk."""
    return (
        Axis(
            attempt,
            metadata.query_axis,
            chunk.query_axis_number,
            chunk.query_offset,
            chunk.query_length,
        ),
        Axis(attempt, metadata.key_axis, chunk.key_axis_number, chunk.key_offset, chunk.key_length),
    )


def same_places(catalogue: Catalogue, user: int, one: Axis, other: Axis) -> bool:
    """Tell whether every place of `one` holds what it holds on `other`, for user `user`."""
    if (one.name, one.offset, one.length) != (other.name, other.offset, other.length):
        return False
    if one.attempt == other.attempt:
        return one.number == other.number
    ours, theirs = (_items(catalogue, user, axis) for axis in (one, other))
    if ours is None and theirs is None:
        return one.number == other.number == 0
    return ours == theirs


def same_person(catalogue: Catalogue, user: int, attempt: str, other: str) -> bool:
    """Tell whether `user` of both attempts is the same; so they are if no attempt names users."""
    if attempt == other:
        return True
    ours, theirs = (catalogue.user_of(name, user) for name in (attempt, other))
    return (ours and ours.id) == (theirs and theirs.id)


def _items(catalogue: Catalogue, user: int, axis: Axis) -> tuple[int, ...] | None:
    """Return the run's numbers of an axis' items, all of it; `None` if they are not known."""
    if axis.number:
        return catalogue.axis(axis.attempt, axis.number)
    person = catalogue.user_of(axis.attempt, user)
    if person is None or axis.name not in person.axes:
        return None
    return tuple(person.axes[axis.name].items)
