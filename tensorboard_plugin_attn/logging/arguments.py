"""What a call to log attention was given, checked and copied before the call returns.

It knows kinds of attention, users and labels of axes; it does no I/O and encodes nothing. What it
refuses is a `ValueError` that says what to do; the caller decides whether that may be raised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.capture.cohort import Cohort, User
from tensorboard_plugin_attn.logging.frames import LayerDescription
from tensorboard_plugin_attn.logging.shortened import Shortened, is_too_long, shorten

Floats = NDArray[np.float32]
Names = tuple[str, ...]

# What queries and keys are called unless told otherwise, by kind.
AXES = {
    "self": (schema.HISTORY_AXIS, schema.HISTORY_AXIS),
    "cross": (schema.HISTORY_AXIS, "source"),
    "target": ("candidate", schema.HISTORY_AXIS),
    "field": ("field", "field"),
}

# A softmax in 16 bits is rounded: its rows miss 1 by up to 0.0023 (see capture/keras_probe.py).
_HALF_PRECISION_ERROR = 0.01
_HALF_PRECISION_BYTES = 2


class UnknownUsersError(ValueError):
    """Users that the cohort does not have; `in_log` says so without their ids."""

    def __init__(self, unknown: Sequence[str]) -> None:
        """Name at most five of `unknown`, for the training's own log only."""
        named = ", ".join(repr(user) for user in unknown[:5]) + (", …" if len(unknown) > 5 else "")
        super().__init__(f"users={named}: not in the cohort; its users are fixed from the start")
        self.in_log = f"{len(unknown)} users are not in the cohort"


@dataclass(frozen=True)
class Prepared:
    """Attention in cohort order; users that are not in the call have `None` everywhere."""

    layer: LayerDescription
    users: tuple[Floats | Shortened | None, ...]  # each [head, query, key]
    queries: tuple[Names | None, ...]  # per user; `None`: their own axis of the layer's name
    keys: tuple[Names | None, ...]
    rows: tuple[int | None, ...]  # per user, the row of the call's first axis


def described(
    name: str,
    *,
    kind: str,
    query_axis: str | None,
    key_axis: str | None,
    **rest: Any,
) -> LayerDescription:
    """Return a layer whose axes are called as is usual for its kind, unless they are given."""
    queries, keys = AXES.get(kind, AXES["self"])
    return LayerDescription(
        name=name,
        kind=kind,
        query_axis=queries if query_axis is None else query_axis,
        key_axis=keys if key_axis is None else key_axis,
        **rest,
    )


def prepared(
    layer: LayerDescription,
    attention: NDArray[np.generic] | Sequence[ArrayLike],
    *,
    cohort: Cohort,
    encoding: pb.Encoding = pb.U8_SQRT,
    lengths: Sequence[int] | None = None,
    users: Sequence[str] | None = None,
    queries: Sequence[Any] | None = None,
    keys: Sequence[Any] | None = None,
) -> Prepared:
    """Return the writer's own copy of a call's attention, in the order of `cohort`.

    Args:
      layer: as `described` returns it; its number of heads is filled in here.
      attention: `[user, head, query, key]`, or one `[head, query, key]` per user.
      cohort: whose users; without users the arrays are taken as they come.
      encoding: how cells will be stored: what is too long is cut down to what fits.
      lengths: see `crop`. Self attention is cropped on both axes, other kinds on history only.
      users: ids along the first axis; `None`: the cohort's, all of them.
      queries: labels of queries, shared or per user; see `axis_names`.
      keys: labels of keys, likewise.

    Raises:
      ValueError: something does not fit; says what.
    """
    arrays = [np.asarray(user) for user in attention]
    if not arrays:
        raise ValueError("no users")
    own = schema.HISTORY_AXIS
    cropped = crop(
        arrays,
        lengths,
        encoding,
        queries=layer.kind == "self" or layer.query_axis == own,
        keys=layer.kind == "self" or layer.key_axis == own,
    )
    heads = cropped[0].shape[0] if cropped[0].ndim else 0
    query_names = axis_names("queries", queries, [_extent(user, 1) for user in cropped])
    key_names = axis_names("keys", keys, [_extent(user, 2) for user in cropped])
    count = len(cohort.users)
    places = places_of(users, cohort) if users is not None else list(range(len(cropped)))
    if users is not None and len(places) != len(cropped):
        raise ValueError(f"{len(places)} users for attention of {len(cropped)}")
    if users is None and count and count != len(cropped):
        raise ValueError(
            f"{len(cropped)} users, but the cohort has {count}: say with users=[...] who they are"
        )
    at = {place: number for number, place in enumerate(places)}
    order = [at.get(place) for place in range(count or len(cropped))]
    return Prepared(
        replace(layer, head_count=heads),
        tuple(None if number is None else cropped[number] for number in order),
        tuple(None if number is None else query_names[number] for number in order),
        tuple(None if number is None else key_names[number] for number in order),
        tuple(order),
    )


def importance_of(
    values: NDArray[np.generic] | Sequence[ArrayLike] | None, made: Prepared
) -> Floats | None:
    """Return the writer's own copy of `values [row, head]` in cohort order, `[user, head]`.

    Users that are not in the call get NaN.

    Raises:
      ValueError: another shape than the attention's.
    """
    if values is None:
        return None
    given = np.array(values, np.float32)
    present = [row for row in made.rows if row is not None]
    shape = (len(present), made.layer.head_count)
    if given.shape != shape:
        raise ValueError(f"importance {list(given.shape)}: must be [user, head], {list(shape)}")
    ordered = np.full((len(made.rows), made.layer.head_count), np.nan, np.float32)
    for user, row in enumerate(made.rows):
        if row is not None:
            ordered[user] = given[row]
    return ordered


def crop(
    users: Sequence[NDArray[np.generic]],
    lengths: Sequence[int] | None,
    encoding: pb.Encoding = pb.U8_SQRT,
    *,
    queries: bool = True,
    keys: bool = True,
) -> tuple[Floats | Shortened, ...]:
    """Return the writer's own float32 copies of `users`, without left padding.

    What is too long to be stored whole is reduced here, and never copied whole.

    Args:
      users: attention `[head, query, key]` per user, of any float type that converts to float32.
        Rows of 16-bit types are scaled to sum to 1.
      lengths: real items per user, or `None` to keep all. An axis shorter than its length is kept
        whole.
      encoding: how cells will be stored.
      queries: whether queries are such items.
      keys: whether keys are.

    Raises:
      ValueError: `lengths` does not fit.
    """
    if lengths is None:
        return tuple(_kept(user, encoding) for user in users)
    if len(lengths) != len(users):
        raise ValueError(f"{len(lengths)} lengths for {len(users)} users")
    if bad := [length for length in lengths if length < 1]:
        raise ValueError(f"lengths must be at least 1, found {bad[0]}")
    whole = slice(None)
    return tuple(
        _kept(user[:, newest if queries else whole, newest if keys else whole], encoding)
        for user, newest in zip(users, (slice(-length, None) for length in lengths), strict=True)
    )


def axis_names(
    what: str, names: Sequence[Any] | None, extents: Sequence[int]
) -> tuple[Names | None, ...]:
    """Return the labels of one axis for every user, as text.

    Args:
      what: the argument's name, for messages.
      names: `None`; one list of labels that all users share; or one list per user, as long as
        that user's axis, each of which may be `None`.
      extents: length of each user's axis.

    Raises:
      ValueError: another number of lists or labels.
    """
    if names is None:
        return (None,) * len(extents)
    if isinstance(names, (str, bytes)):
        raise ValueError(f"{what} is one text: give a list of labels, one per place")
    lists: Sequence[Names | None]
    if any(_is_list(one) for one in names):
        if len(names) != len(extents):
            raise ValueError(f"{what}: {len(names)} lists of labels for {len(extents)} users")
        lists = [None if one is None else tuple(_text(label) for label in one) for one in names]
    else:
        lists = [tuple(_text(label) for label in names)] * len(extents)
    for number, (one, extent) in enumerate(zip(lists, extents, strict=True)):
        if one is not None and len(one) != extent:
            raise ValueError(
                f"{what}: {len(one)} labels for the {extent} places of user {number}'s attention"
            )
    return tuple(lists)


def named_cohort(cohort: Cohort, users: Sequence[str]) -> Cohort:
    """Return `cohort`, which has no users, with users of these ids and no history."""
    return replace(cohort, users=tuple(User(str(user)) for user in users))


def places_of(users: Sequence[str], cohort: Cohort) -> list[int]:
    """Return where each of `users` stands in the cohort."""
    known = {user.id: place for place, user in enumerate(cohort.users)}
    ids = [str(user) for user in users]
    if unknown := [user for user in ids if user not in known]:
        raise UnknownUsersError(unknown)
    for number, user in enumerate(ids):
        if user in ids[:number]:
            raise ValueError(f"users: number {number} is there twice: leave one out")
    return [known[user] for user in ids]


def _kept(user: NDArray[np.generic], encoding: pb.Encoding) -> Floats | Shortened:
    if not is_too_long(user.shape):
        return _own_copy(user)
    is_float32 = user.dtype == np.float32
    return shorten(user.view(np.float32) if is_float32 else _own_copy(user), encoding)


def _own_copy(user: NDArray[np.generic]) -> Floats:
    own = np.array(user, np.float32, order="C")
    if user.dtype.itemsize != _HALF_PRECISION_BYTES or own.ndim == 0:
        return own
    sums = own.sum(axis=-1, keepdims=True)  # [head, query, 1]
    near = np.abs(sums - 1) < _HALF_PRECISION_ERROR
    np.divide(own, sums, out=own, where=near)
    return own


def _extent(attention: Floats | Shortened, axis: int) -> int:
    return attention.shape[axis] if attention.ndim > axis else 0


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence | np.ndarray) and not isinstance(value, (str, bytes))


def _text(label: Any) -> str:
    return label.decode("utf-8", "replace") if isinstance(label, bytes) else str(label)
