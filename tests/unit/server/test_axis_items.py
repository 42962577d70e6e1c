"""What stands along an axis, as far as the catalogue says."""

from __future__ import annotations

import pytest

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.reading.catalogue import merged
from tensorboard_plugin_attn.server.axis_items import (
    categories,
    categories_of,
    common_end,
    item_ids,
)


def catalogue() -> object:
    items = [
        pb.Item(index=n, id=f"i{n}", attributes={"category": "tea"} if n else {}) for n in range(3)
    ]
    user = pb.User(id="u", axes={"history": pb.Axis(items=[2, 0, 1])})
    return merged([("a", pb.Catalogue(items=items, users=[user]).SerializeToString())])


@pytest.mark.parametrize(
    ("user", "axis", "first", "count", "expected"),
    [
        (0, "history", 0, 3, ["i2", "i0", "i1"]),
        (0, "history", 1, 2, ["i0", "i1"]),
        (0, "history", -1, 2, ["", "i2"]),
        (0, "history", 1, 3, []),
        (0, "history", 0, 0, []),
        (0, "fields", 0, 1, []),
        (7, "history", 0, 1, []),
    ],
)
def test_ids_along_an_axis(
    user: int, axis: str, first: int, count: int, expected: list[str]
) -> None:
    assert item_ids(catalogue(), user, axis, first, count) == expected  # type: ignore[arg-type]


def test_categories_are_known_if_any_item_has_one() -> None:
    assert categories(catalogue(), 0, "history", 0, 3) == [{"tea"}, (), {"tea"}]  # type: ignore[arg-type]
    assert categories(catalogue(), 0, "history", 1, 1) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"genres": "Drama|War"}, {"Drama", "War"}),
        ({"genre": "Drama, War"}, {"Drama", "War"}),
        ({"category": " ; "}, set()),
        ({"price": "9"}, set()),
        ({"category": "a", "genre": "b"}, {"a"}),
    ],
)
def test_categories_of_an_item(attributes: dict[str, str], expected: set[str]) -> None:
    assert set(categories_of(pb.Item(attributes=attributes))) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [("abc", "abc", 3), ("abc", "bc", 2), ("c", "abc", 1), ("abc", "xbc", 0), ("", "a", 0)],
)
def test_the_newest_items_in_common(a: str, b: str, expected: int) -> None:
    assert common_end(a, b) == expected
