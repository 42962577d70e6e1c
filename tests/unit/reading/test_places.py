"""Two frames of one run, before and after a restart: is a cell of both the same?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.reading.catalogue import Catalogue, merged
from tensorboard_plugin_attn.reading.places import Axis, axes_of, same_person, same_places

OLD, NEW = "a" * 32, "b" * 32


def part(
    ids: str, user: str = "u-1", history: tuple[int, ...] = (0, 1), axis: tuple[int, ...] = (0, 1)
) -> bytes:
    """Return an attempt's catalogue: items numbered as listed, one user, one axis 1."""
    items = [pb.Item(index=number, id=item) for number, item in enumerate(ids)]
    catalogue = pb.Catalogue(items=items, axes=[pb.NumberedAxis(number=1, items=axis)])
    catalogue.users.add(id=user).axes["history"].items.extend(history)
    return catalogue.SerializeToString()


def own(attempt: str, number: int = 0, name: str = "history") -> Axis:
    return Axis(attempt, name, number, 0, 2)


def catalogue(old: bytes, new: bytes) -> Catalogue:
    return merged([(OLD, old), (NEW, new)])


def test_within_an_attempt_a_number_is_a_number() -> None:
    empty = Catalogue()
    assert same_places(empty, 0, own(OLD, 7), own(OLD, 7))
    assert not same_places(empty, 0, own(OLD, 7), own(OLD, 8))
    assert same_places(empty, 0, own(OLD, schema.UNNAMED_AXIS), own(OLD, schema.UNNAMED_AXIS))


def test_the_same_number_of_another_attempt_may_be_other_items() -> None:
    known = catalogue(part("xy"), part("zw"))
    assert not same_places(known, 0, own(OLD, 1), own(NEW, 1))


def test_other_numbers_of_another_attempt_may_be_the_same_items() -> None:
    known = catalogue(part("xyz", axis=(2, 0)), part("zx", history=(1, 0), axis=(0, 1)))
    assert same_places(known, 0, own(OLD, 1), own(NEW, 1))
    assert not same_places(known, 0, own(OLD), own(NEW, 1))  # x, y is not z, x


def test_a_history_that_grew_before_the_restart_is_another() -> None:
    assert same_places(catalogue(part("xy"), part("xy")), 0, own(OLD), own(NEW))
    assert not same_places(
        catalogue(part("xy"), part("xyz", history=(1, 2))), 0, own(OLD), own(NEW)
    )


@pytest.mark.parametrize("number", [9, schema.UNNAMED_AXIS])
def test_what_is_not_known_is_not_the_same(number: int) -> None:
    known = catalogue(part("xy"), part("xy"))
    assert not same_places(known, 0, own(OLD, number), own(NEW, number))
    assert not same_places(known, 0, own(OLD, number), own(NEW))


def test_places_that_no_attempt_has_items_for_are_their_positions() -> None:
    assert same_places(Catalogue(), 0, own(OLD), own(NEW))
    assert same_places(
        catalogue(part("x"), part("y")), 0, own(OLD, 0, "field"), own(NEW, 0, "field")
    )


@pytest.mark.parametrize("other", [{"offset": 1}, {"length": 3}, {"name": "candidate"}])
def test_another_place_length_or_axis_is_another(other: dict[str, object]) -> None:
    assert not same_places(Catalogue(), 0, own(OLD), replace(own(OLD), **other))


def test_the_same_index_may_be_another_person_after_a_restart() -> None:
    assert same_person(catalogue(part("x"), part("x")), 0, OLD, NEW)
    assert not same_person(catalogue(part("x"), part("x", "u-2")), 0, OLD, NEW)
    assert same_person(catalogue(part("x"), part("x", "u-2")), 0, NEW, NEW)
    assert same_person(Catalogue(), 0, OLD, NEW)


def test_the_axes_of_a_chunk_are_what_its_header_says() -> None:
    chunk = pb.Chunk(
        query_length=1, key_length=3, query_offset=2, key_offset=-1, query_axis_number=4
    )
    metadata = pb.StreamMetadata(query_axis="candidate", key_axis="history")
    assert axes_of(OLD, metadata, chunk) == (
        Axis(OLD, "candidate", 4, 2, 1),
        Axis(OLD, "history", 0, -1, 3),
    )
