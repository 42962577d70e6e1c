"""Items have one number per run, whatever each attempt called them."""

from __future__ import annotations

import pytest

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.reading.catalogue import Catalogue, merged, unnamed_users


def part(*ids: str, history: tuple[int, ...] = (), target: int | None = None) -> bytes:
    """Return a catalogue whose items are numbered as they are listed."""
    catalogue = pb.Catalogue(
        items=[
            pb.Item(index=number, id=item, label=item.upper()) for number, item in enumerate(ids)
        ]
    )
    if history:
        user = catalogue.users.add(id="u-1", label="User 1")
        user.axes["history"].items.extend(history)
        if target is not None:
            user.has_target, user.target_item = True, target
    return catalogue.SerializeToString()


def ids_of(catalogue: Catalogue, numbers: object) -> list[str]:
    return [catalogue.items[number].id for number in numbers]  # type: ignore[attr-defined]


def test_an_attempts_numbers_are_kept_if_it_is_the_only_one() -> None:
    catalogue = merged([("a", part("x", "y", "z", history=(2, 0), target=1))])
    assert [(item.index, item.id, item.label) for item in catalogue.items] == [
        (0, "x", "X"),
        (1, "y", "Y"),
        (2, "z", "Z"),
    ]
    (user,) = catalogue.users
    assert list(user.axes["history"].items) == [2, 0]
    assert (user.has_target, user.target_item) == (True, 1)


def test_two_attempts_may_number_the_same_items_differently() -> None:
    catalogue = merged(
        [
            ("a", part("x", "y", "z", history=(0, 1))),
            ("b", part("z", "new", "x", history=(2, 1), target=0)),
        ]
    )
    assert ids_of(catalogue, range(4)) == ["x", "y", "z", "new"]
    assert [catalogue.number("a", index) for index in range(3)] == [0, 1, 2]
    assert [catalogue.number("b", index) for index in range(3)] == [2, 3, 0]
    (user,) = catalogue.users
    assert ids_of(catalogue, user.axes["history"].items) == ["x", "new"]
    assert ids_of(catalogue, [user.target_item]) == ["z"]
    assert all(item.index == place for place, item in enumerate(catalogue.items))


def test_later_catalogues_of_an_attempt_add_items_and_keep_users() -> None:
    later = pb.Catalogue(items=[pb.Item(index=5, id="late")]).SerializeToString()
    catalogue = merged([("a", part("x", history=(0,))), ("a", later)])
    assert catalogue.number("a", 5) == 1
    assert len(catalogue.users) == 1


def test_an_item_described_again_has_its_newest_description() -> None:
    again = pb.Catalogue(items=[pb.Item(index=0, id="x", label="newer")]).SerializeToString()
    catalogue = merged([("a", part("x", "y")), ("b", again)])
    assert [item.label for item in catalogue.items] == ["newer", "Y"]


def test_numbers_that_name_no_item_are_left_out() -> None:
    catalogue = merged([("a", part("x", history=(0, 7, 0), target=9))])
    (user,) = catalogue.users
    assert list(user.axes["history"].items) == [0, 0]
    assert (user.has_target, user.target_item) == (False, 0)
    assert catalogue.number("a", 7) is None
    assert catalogue.number("b", 0) is None


def test_axes_keep_the_number_of_their_attempt_and_name_the_runs_items() -> None:
    axes = [pb.NumberedAxis(number=1, items=[1, 0]), pb.NumberedAxis(number=2, items=[0, 5])]
    items = [pb.Item(index=0, id="x"), pb.Item(index=1, id="y")]
    one = pb.Catalogue(items=items, axes=axes).SerializeToString()
    catalogue = merged([("a", part("y", history=(0,))), ("b", one)])
    assert ids_of(catalogue, catalogue.axis("b", 1)) == ["y", "x"]
    assert catalogue.axis("b", 2) == (1, -1)
    assert catalogue.axis("a", 1) is None
    assert catalogue.listed == {0}


def test_merging_more_leaves_what_others_read_as_it_is() -> None:
    before = merged([("a", part("x", history=(0,)))])
    after = merged(
        [("a", pb.Catalogue(items=[pb.Item(index=1, id="y")]).SerializeToString())], before
    )
    assert ids_of(before, range(len(before.items))) == ["x"]
    assert ids_of(after, range(len(after.items))) == ["x", "y"]
    assert (after.number("a", 0), before.number("a", 1)) == (0, None)
    assert after.users == before.users


def test_what_is_no_catalogue_is_left_out_and_the_rest_is_merged() -> None:
    catalogue = merged([("a", b"\xff\xff"), ("b", part("x"))])
    assert ids_of(catalogue, [0]) == ["x"]


def test_merging_what_is_no_catalogue_is_an_error() -> None:
    with pytest.raises(ValueError, match="not a message"):
        Catalogue().merge("a", b"\xff\xff")


def test_users_without_a_cohort_are_numbered() -> None:
    assert [user.label for user in unnamed_users(2)] == ["User 1", "User 2"]
