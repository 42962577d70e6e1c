"""From tables to interactions: drops are counted, and nothing learned saw what is held out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.preprocessing.columns import Attributes, Columns, DataSpec, SocialEdges
from training.preprocessing.features import FeatureEncoder
from training.preprocessing.outliers import RobustZScore
from training.preprocessing.preparation import SplitKind, prepare
from training.preprocessing.rules import not_positive, starts_with
from training.preprocessing.tables import Table, TableError, Tables

SPEC = DataSpec(
    interactions=Columns("user", "item", "time", numeric=("amount",)),
    items=Attributes("id", title="name", numeric=("price",), categorical=("kind",)),
    users=Attributes("id", categorical=("town",)),
    outliers=(RobustZScore("amount", limit=3.0),),
)


def rows(*lines: tuple) -> pd.DataFrame:
    return pd.DataFrame(lines, columns=["user", "item", "time", "amount"])


def only(frame: pd.DataFrame, **rest: pd.DataFrame) -> Tables:
    return Tables(Table("t.csv", frame), **{n: Table(f"{n}.csv", f) for n, f in rest.items()})


def test_rows_are_in_order_of_user_time_and_file() -> None:
    data = prepare(
        only(rows(("v", "c", 5, 1), ("u", "a", 9, 1), ("v", "b", 2, 1), ("v", "a", 2, 1))),
        DataSpec(Columns("user", "item", "time")),
    ).interactions
    assert data.user_ids == ["v", "u"]
    named = [[data.item_ids[item] for item in items] for items in data.sequences]
    assert named == [["b", "a", "c"], ["a"]]
    assert data.timestamps is not None
    assert data.timestamps[0].tolist() == [2, 2, 5]


def test_every_dropped_row_is_counted_once_with_its_reason() -> None:
    frame = pd.DataFrame(
        [
            ("1", "u", "a", "Buy", "3", "1"),
            ("C2", "u", "b", "Buy", "-1", "2"),  # cancelled, and negative: counted once
            ("3", None, "a", "Buy", "1", "3"),
            ("4", "u", "c", "Sell", "1", "4"),
            ("5", "u", "c", "Buy", "0", "5"),
            ("6", "u", "a", "Buy", "2", "6"),
            ("7", "v", "d", "Buy", "2", ""),
        ],
        columns=["invoice", "user", "item", "what", "amount", "time"],
    )
    spec = DataSpec(
        Columns("user", "item", "time", behaviour="what", numeric=("amount",)),
        behaviours=frozenset({"Buy"}),
        rules=(starts_with("invoice", "C", "cancelled"), not_positive("amount", "amount <= 0")),
        first_only=True,
    )
    report = prepare(only(frame), spec).report
    assert {dropped.reason: dropped.rows for dropped in report.dropped} == {
        "user is empty": 1,
        "item is empty": 0,
        "time is empty": 1,
        "what is not Buy": 1,
        "cancelled": 1,
        "amount <= 0": 1,
        "the user had this item before": 1,
    }
    assert (report.rows_read, report.rows_kept) == (7, 1)
    assert "t.csv: 7 rows read, 1 kept" in str(report)
    assert "        1  cancelled" in str(report)


def test_users_and_items_with_too_few_are_left_out_until_none_has() -> None:
    # Without item c, user w has one left; without w, item b has one left.
    lines = [("u", "a", 1, 1), ("v", "a", 1, 1), ("u", "d", 2, 1), ("v", "d", 2, 1)]
    lines += [("w", "c", 1, 1), ("w", "b", 2, 1), ("u", "b", 3, 1)]
    data = prepare(only(rows(*lines)), DataSpec(Columns("user", "item"), min_interactions=2))
    assert data.interactions.item_ids == ["", "a", "d"]
    assert data.interactions.user_ids == ["u", "v"]


def test_an_outlier_is_dropped_from_training_and_never_from_what_is_held_out() -> None:
    amounts = [1, 2, 3, 2, 1, 900, 2, 3, 900, 900]
    frame = rows(*(("u", f"i{n}", n, amount) for n, amount in enumerate(amounts)))
    data = prepare(only(frame), DataSpec(SPEC.interactions, outliers=SPEC.outliers))
    ids = data.interactions.item_ids
    assert "i5" not in ids
    assert [ids[data.split.validation[0]], ids[data.split.test[0]]] == ["i8", "i9"]
    assert data.report.dropped[-2].rows == 1
    assert data.report.dropped[-2].reason.startswith("training only: amount is not between")


def test_a_user_without_an_ordinary_training_row_is_left_out() -> None:
    lines = [("u", f"i{n}", n, n % 3) for n in range(20)]
    lines += [("v", "i1", 1, 900), ("v", "i2", 2, 1), ("v", "i3", 3, 1)]
    data = prepare(only(rows(*lines)), DataSpec(SPEC.interactions, outliers=SPEC.outliers))
    assert data.interactions.user_ids == ["u"]
    assert data.report.dropped[-1].rows == 2


def test_titles_attributes_texts_and_neighbours_are_found_by_id() -> None:
    items = pd.DataFrame({"id": ["b", "a"], "name": ["Bee", None], "price": ["2.50", ""]})
    items["kind"], items["tags"] = ["insect", ""], ["small yellow", None]
    users = pd.DataFrame({"id": ["v", "u"], "town": ["Ulm", "Bonn"]})
    edges = pd.DataFrame({"from": ["u", "u", "x", "v"], "to": ["v", "u", "u", "x"]})
    spec = DataSpec(
        Columns("user", "item", "time", text="said"),
        Attributes("id", "name", ("price",), ("kind",), ("tags",), text=("name", "tags")),
        SPEC.users,
        SocialEdges("from", "to", mutual=True),
    )
    frame = rows(("u", "a", 1, 1), ("u", "b", 2, 1), ("v", "c", 1, 1)).assign(said=["x", "y", "z"])
    data = prepare(only(frame, items=items, users=users, social=edges), spec).interactions
    assert data.item_ids == ["", "a", "b", "c"]
    assert data.item_titles == ["", "a", "Bee", "c"]
    assert data.item_attributes == [
        {},
        {},
        {"price": "2.5", "kind": "insect", "tags": "small, yellow"},
        {},
    ]
    assert data.item_texts == ["", "", "Bee small yellow", ""]
    assert data.user_attributes == [{"town": "Bonn"}, {"town": "Ulm"}]
    assert [known.tolist() for known in data.neighbours or []] == [[1], [0]]
    assert data.texts == [["x", "y"], ["z"]]
    alone = data.first_users(1)
    assert [known.tolist() for known in alone.neighbours or []] == [[]]
    assert alone.user_columns["town"].values.tolist() == ["Bonn"]
    assert alone.texts == [["x", "y"]]


@pytest.mark.parametrize(
    ("table", "frame", "message"),
    [
        ("items", pd.DataFrame({"id": ["9"], "name": "x", "price": 1, "kind": "k"}), "none of the"),
        ("users", pd.DataFrame({"id": ["u"]}), r"users\.csv has no column 'town'"),
        ("social", pd.DataFrame({"a": ["9"], "b": ["u"]}), "names no user"),
    ],
)
def test_tables_that_do_not_fit_are_named(table: str, frame: pd.DataFrame, message: str) -> None:
    spec = DataSpec(SPEC.interactions, SPEC.items, SPEC.users, SocialEdges("a", "b"))
    with pytest.raises(TableError, match=message):
        prepare(only(rows(("u", "a", 1, 1)), **{table: frame}), spec)


def test_nothing_left_says_why() -> None:
    with pytest.raises(ValueError, match=r"(?s)nothing of t\.csv is left.*1  user is empty"):
        prepare(only(rows((None, "a", 1, 1))), DataSpec(SPEC.interactions))


def test_a_split_by_time_needs_times() -> None:
    with pytest.raises(ValueError, match=r"name it in Columns\.time"):
        prepare(only(rows(("u", "a", 1, 1))), DataSpec(Columns("user", "item")), "global_time")


lines = st.lists(
    st.tuples(
        st.sampled_from("uvwx"),
        st.sampled_from("abcdefgh"),
        st.integers(0, 30),
        st.integers(1, 40),
    ),
    min_size=12,
    max_size=60,
)
KINDS: list[SplitKind] = ["leave_one_out", "global_time"]


def describing(seen: set[str], salt: int, ids: str) -> pd.DataFrame:
    """Return a table in which only the ids that are not `seen` depend on `salt`."""
    return pd.DataFrame(
        {
            "id": list(ids),
            "name": list(ids),
            "price": [ord(i) if i in seen else salt * 1000 for i in ids],
            "kind": [f"k{ord(i) % 3}" if i in seen else f"held-out-{salt}" for i in ids],
            "town": [f"t{ord(i) % 2}" if i in seen else f"held-out-{salt}" for i in ids],
        }
    )


@given(lines=lines, kind=st.sampled_from(KINDS))
def test_nothing_that_is_learned_depends_on_what_is_held_out(lines: list, kind: SplitKind) -> None:
    frame = rows(*lines)
    alone = DataSpec(SPEC.interactions)
    try:
        before = prepare(only(frame), alone, kind)
    except ValueError as error:  # all at one time
        assert "share a time" in str(error)
        return
    data, split = before.interactions, before.split
    seen_items = {data.item_ids[i] for items in split.training_sequences for i in items}
    seen_users = {data.user_ids[user] for user in [*split.users, *split.other_users]}
    if not seen_items:
        return
    ordered = frame.assign(place=frame.groupby("user", sort=False).ngroup())
    ordered = ordered.sort_values(["place", "time"], kind="stable")
    lengths = split.training_lengths(len(data.user_ids))
    held = ordered.groupby("place").cumcount().to_numpy() >= lengths[ordered.place]

    def learn(salt: int) -> tuple[list[str], str]:
        changed = frame.copy()
        changed.loc[ordered.index[held], "amount"] = 10**salt
        tables = only(
            changed,
            items=describing(seen_items, salt, "abcdefgh"),
            users=describing(seen_users, salt, "uvwx"),
        )
        with_fences = prepare(tables, SPEC, kind)
        without = prepare(tables, DataSpec(SPEC.interactions, SPEC.items, SPEC.users), kind)
        learned = FeatureEncoder.learn(without.interactions, without.split)
        fences = [d.reason for d in with_fences.report.dropped if "training only" in d.reason]
        return fences, repr((learned.items.to_json(), learned.users.to_json()))

    assert learn(1) == learn(7)


@given(lines=lines)
def test_every_test_interaction_is_later_than_what_was_learned(lines: list) -> None:
    frame = rows(*lines)
    for kind in KINDS:
        try:
            data = prepare(only(frame), DataSpec(SPEC.interactions), kind)
        except ValueError as error:
            assert "share a time" in str(error)
            continue
        times = data.interactions.timestamps
        assert times is not None
        lengths = data.split.training_lengths(len(times))
        learned = [t for user, length in enumerate(lengths) for t in times[user][:length]]
        for user in data.split.users:
            own, later = times[user][: lengths[user]], times[user][lengths[user] :]
            assert own.max() <= later.min()
            if kind == "global_time":
                assert max(learned) < later.min()


def test_splits_after_fences_are_those_of_the_sequences() -> None:
    generator = np.random.default_rng(0)
    frame = rows(
        *(
            (f"u{n % 40}", f"i{generator.integers(30)}", n, float(generator.lognormal(0, 2)))
            for n in range(900)
        )
    )
    data = prepare(only(frame), DataSpec(SPEC.interactions, outliers=SPEC.outliers))
    assert data.report.dropped[-2].rows > 20
    for user, items in zip(data.split.users, data.split.train, strict=True):
        assert data.interactions.sequences[user][:-2].tolist() == items.tolist()
