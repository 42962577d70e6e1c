"""Verdicts go in once, come out as they were, and a database that is not there is said in time."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import URL, make_url

from tensorboard_plugin_attn.feedback.decision import Decision
from tensorboard_plugin_attn.feedback.errors import (
    ConflictError,
    LimitError,
    OutdatedError,
    UnavailableError,
)
from tensorboard_plugin_attn.feedback.store import FeedbackStore, Limits
from tensorboard_plugin_attn.feedback.tables import REVISION, metadata
from tensorboard_plugin_attn.feedback.upgrade import upgrade
from tensorboard_plugin_attn.feedback.verdict import KINDS, Verdict

PATIENCE_S = 60.0  # a busy machine's first connection takes its time; no test is about how long


def said(number: int = 0, **changes: object) -> Verdict:
    verdict = Verdict(
        key=f"key-{number:012d}",
        kind="relevant",
        run="d64/attention",
        attempt="5d0c",
        step=128,
        user="u-3f9a",
        user_index=2,
        item="85123A",
        shown=("85123A", "22423"),
        note="",
    )
    return replace(verdict, **changes)


def decided(number: int = 0, **changes: object) -> Decision:
    decision = Decision(
        key=f"key-{number:012d}",
        run="d64-feedback/attention",
        attempt="7a31",
        parent="d64",
        decision="accepted",
    )
    return replace(decision, **changes)


def sqlite_at(directory: Path) -> URL:
    return URL.create("sqlite", database=str(directory / "data" / "feedback.sqlite3"))


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[FeedbackStore]:
    made = FeedbackStore(
        sqlite_at(tmp_path), limits=Limits(rows=50), clock=clock, wait_s=PATIENCE_S
    )
    yield made
    made.close()


def test_what_was_said_is_read_back_newest_first(store: FeedbackStore) -> None:
    for number, kind in enumerate(KINDS):
        evidence = "22423" if kind == "wrong_reason" else ""
        store.say(said(number, kind=kind, evidence=evidence, note="it’s 好"), "session")
    found = store.read()
    assert [stored.verdict.kind for stored in found] == list(reversed(KINDS))
    assert found[0].verdict == said(3, kind="wrong_reason", evidence="22423", note="it’s 好")
    assert found[0].said_s == 1_000_000.0
    assert found[0].session == "session"


def test_the_same_key_twice_is_stored_once(store: FeedbackStore, clock: Clock) -> None:
    first = store.say(said(), "session")
    clock.now_s += 5
    assert store.say(said(), "another session") == first
    assert len(store.read()) == 1


def test_a_key_that_is_taken_by_something_else_is_refused(store: FeedbackStore) -> None:
    store.say(said(), "session")
    with pytest.raises(ConflictError):
        store.say(said(item="22423"), "session")
    assert [stored.verdict.item for stored in store.read()] == ["85123A"]


def test_decisions_are_stored_once_and_read_back_newest_first(
    store: FeedbackStore, clock: Clock
) -> None:
    first = store.decide(decided(1), "session")
    clock.now_s += 5
    second = store.decide(decided(2, decision="undone"), "session")
    assert store.decide(decided(1), "another session") == first
    assert store.decided() == [second, first]
    assert store.decided(before=second.number) == [first]
    assert (first.decision, first.decided_s) == (decided(1), 1_000_000.0)
    with pytest.raises(ConflictError):
        store.decide(decided(1, decision="undone"), "session")
    assert store.read() == []  # no verdict has anything to do with it


def test_decisions_have_limits_of_their_own(store: FeedbackStore) -> None:
    for number in range(10):
        store.say(said(number), "session")
        store.decide(decided(number), "session")
    with pytest.raises(LimitError, match="10 decisions a minute"):
        store.decide(decided(10), "session")


def test_decisions_made_at_once_by_two_servers_are_stored_once(tmp_path: Path) -> None:
    stores = [FeedbackStore(sqlite_at(tmp_path), wait_s=PATIENCE_S) for _ in range(2)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda n: stores[n % 2].decide(decided(n % 3), "s"), range(24)))
    assert len({answer.number for answer in answers}) == len(stores[0].decided()) == 3
    for each in stores:
        each.close()


def test_many_at_once_with_few_keys_store_each_key_once(tmp_path: Path) -> None:
    stores = [
        FeedbackStore(sqlite_at(tmp_path), limits=Limits(session_minute=99), wait_s=PATIENCE_S)
        for _ in range(3)
    ]
    with ThreadPoolExecutor(12) as threads:
        answers = list(
            threads.map(lambda n: stores[n % 3].say(said(n % 5), f"s{n % 3}"), range(60))
        )
    assert len({answer.number for answer in answers}) == 5
    assert len(stores[0].read()) == 5
    for store in stores:
        store.close()


def test_undo_is_marked_and_once_is_enough(store: FeedbackStore, clock: Clock) -> None:
    store.say(said(), "session")
    clock.now_s += 1
    undone = store.undo(said().key)
    clock.now_s += 1
    assert undone is not None
    assert undone.undone_s == 1_000_001.0
    assert store.undo(said().key) == undone
    assert store.read(undone=False) == []
    assert store.read() == [undone]
    assert store.undo("no-such-key-there-is") is None


def test_one_browser_may_not_flood(store: FeedbackStore, clock: Clock) -> None:
    for number in range(10):
        store.say(said(number), "session")
    with pytest.raises(LimitError, match="10 verdicts a minute"):
        store.say(said(10), "session")
    store.say(said(3), "session")  # said again is not said twice
    store.say(said(10), "another")
    clock.now_s += 61
    store.say(said(11), "session")


def test_there_is_an_end_to_what_is_kept(store: FeedbackStore) -> None:
    for number in range(50):
        store.say(said(number), f"session {number}")
    with pytest.raises(LimitError, match="50 verdicts in all"):
        store.say(said(50), "session")


def test_filters_and_pages(store: FeedbackStore) -> None:
    for number in range(6):
        store.say(said(number, user=f"u-{number % 2}", attempt=f"a{number % 3}"), f"s{number}")
    assert [s.verdict.key[-1] for s in store.read(user="u-1")] == ["5", "3", "1"]
    assert [s.verdict.key[-1] for s in store.read(attempts=["a0", "a1"])] == ["4", "3", "1", "0"]
    assert store.read(kind="known") == []
    first = store.read(count=4)
    rest = store.read(count=4, before=first[-1].number)
    assert [s.verdict.key[-1] for s in first + rest] == list("543210")


def test_purged_is_gone_from_the_bytes_of_the_file(tmp_path: Path) -> None:
    store = FeedbackStore(sqlite_at(tmp_path), wait_s=PATIENCE_S)
    store.say(said(1, user="u-canary-1111", note="canary-2222"), "canary-3333")
    store.say(said(2, user="u-kept-4444"), "other")
    assert store.purge(user="u-canary-1111") == 1
    store.close()
    data = b"".join(file.read_bytes() for file in (tmp_path / "data").iterdir())
    assert b"u-kept-4444" in data
    for canary in (b"u-canary-1111", b"canary-2222", b"canary-3333"):
        assert canary not in data


def test_purge_by_age(store: FeedbackStore, clock: Clock) -> None:
    store.say(said(1), "a")
    clock.now_s += 100
    store.say(said(2), "a")
    assert store.purge(older_than_s=clock.now_s - 50) == 1
    assert [s.verdict.key[-1] for s in store.read()] == ["2"]
    store.decide(decided(), "a")
    clock.now_s += 100
    assert store.purge(user="u-3f9a", older_than_s=clock.now_s - 50) == 1
    assert len(store.decided()) == 1  # of no user
    assert store.purge(older_than_s=clock.now_s - 50) == 1
    assert store.decided() == []
    with pytest.raises(ValueError, match="say which"):
        store.purge()


def test_only_its_owner_can_read_the_file(store: FeedbackStore, tmp_path: Path) -> None:
    store.say(said(), "session")
    for file in (tmp_path / "data").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file.name
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_a_locked_database_is_unavailable_and_then_takes_the_same_key(tmp_path: Path) -> None:
    url = sqlite_at(tmp_path)
    FeedbackStore(url, wait_s=PATIENCE_S).read()
    locker = sqlite3.connect(str(url.database))
    locker.execute("BEGIN EXCLUSIVE")
    store = FeedbackStore(url, wait_s=0.5)
    with pytest.raises(UnavailableError):
        store.say(said(), "session")
    locker.rollback()
    locker.close()
    patient = FeedbackStore(url, wait_s=PATIENCE_S)
    patient.say(said(), "session")
    assert len(patient.read()) == 1


def test_a_server_that_never_answers_is_unavailable() -> None:
    """A socket that accepts and says nothing: the connection would hang for ever."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = make_url(f"postgresql+psycopg://user:secret@127.0.0.1:{port}/feedback")
        store = FeedbackStore(url, wait_s=0.3)
        with pytest.raises(UnavailableError) as caught:
            store.say(said(), "session")
        assert "secret" not in str(caught.value)
        store.close()


def test_a_database_of_another_revision_says_what_to_run(tmp_path: Path) -> None:
    url = sqlite_at(tmp_path)
    FeedbackStore(url, wait_s=PATIENCE_S).read()
    with sqlite3.connect(str(url.database)) as connection:
        connection.execute("UPDATE attn_feedback_revision SET version_num = '0000'")
    with pytest.raises(OutdatedError, match="feedback upgrade"):
        FeedbackStore(url, wait_s=PATIENCE_S).read()


def test_migrations_make_what_a_fresh_database_has(tmp_path: Path) -> None:
    fresh, migrated = (sa.create_engine(f"sqlite:///{tmp_path}/{n}.sqlite3") for n in "ab")
    metadata.create_all(fresh)
    assert upgrade(migrated.url) == (None, REVISION)
    assert upgrade(migrated.url) == (REVISION, REVISION)
    assert _form(fresh) == _form(migrated)


def test_a_database_of_the_first_revision_is_brought_up_to_date_and_keeps_what_was_said(
    tmp_path: Path,
) -> None:
    url = sqlite_at(tmp_path)
    store = FeedbackStore(url, wait_s=PATIENCE_S)
    first = store.say(said(), "session")
    store.close()
    with sqlite3.connect(str(url.database)) as connection:
        connection.execute("DROP TABLE attn_decisions")
        connection.execute("UPDATE attn_feedback_revision SET version_num = '0001'")
    with pytest.raises(OutdatedError, match="feedback upgrade"):
        FeedbackStore(url, wait_s=PATIENCE_S).read()
    assert upgrade(url) == ("0001", REVISION)
    store = FeedbackStore(url, wait_s=PATIENCE_S)
    assert store.read() == [first]
    assert store.decide(decided(), "session").decision == decided()
    store.close()


def _form(engine: sa.Engine) -> object:
    found = sa.inspect(engine)
    return {
        table: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(table)],
            sorted(str(index) for index in found.get_indexes(table)),
            sorted(str(unique["column_names"]) for unique in found.get_unique_constraints(table)),
            found.get_pk_constraint(table)["constrained_columns"],
        )
        for table in found.get_table_names()
    }


WRITER = """
import itertools, sys
from sqlalchemy.engine import make_url
from tests.unit.feedback.test_store import said
from tensorboard_plugin_attn.feedback.store import FeedbackStore, Limits
limits = Limits(session_minute=10**9, hour=10**9)
store = FeedbackStore(make_url(sys.argv[1]), limits=limits, wait_s=60)
for number in itertools.count():
    store.say(said(number), "session")
    print(number, flush=True)
"""


@pytest.mark.parametrize("after", [1, 7, 40])
def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path, after: int) -> None:
    url = sqlite_at(tmp_path)
    command = [sys.executable, "-c", WRITER, str(url)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(after)]
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged += map(int, writer.stdout.read().split())
    keys = [s.verdict.key for s in FeedbackStore(url, wait_s=PATIENCE_S).read(count=10**6)]
    assert set(keys) >= {said(number).key for number in range(acknowledged[-1] + 1)}
    assert len(keys) == len(set(keys))


def test_reads_do_not_wait_for_one_another(store: FeedbackStore) -> None:
    store.say(said(), "session")
    barrier = threading.Barrier(4)
    with ThreadPoolExecutor(4) as threads:
        answers = threads.map(lambda _: (barrier.wait(PATIENCE_S), store.read())[1], range(4))
        assert [len(answer) for answer in answers] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", "short"),
        ("key", "x" * 65),
        ("key", "no spaces in a key!"),
        ("kind", "like"),
        ("run", ""),
        ("item", "x" * 257),
        ("item", "a\0b"),
        ("note", "x" * 1001),
        ("step", -1),
        ("step", 1 << 63),
        ("user_index", -1),
        ("shown", ("x",) * 101),
        ("shown", ("",)),
        ("item", 5),
    ],
)
def test_what_is_no_verdict_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        said(**{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", "short"),
        ("key", 5),
        ("decision", "maybe"),
        ("run", ""),
        ("attempt", "x" * 257),
        ("parent", ""),
        ("parent", "a\0b"),
    ],
)
def test_what_is_no_decision_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        decided(**{field: value})


def test_a_wrong_reason_names_the_reason() -> None:
    with pytest.raises(ValueError, match=r"^evidence: "):
        said(kind="wrong_reason")


@given(note=st.text(max_size=200), item=st.text(min_size=1, max_size=50))
def test_any_text_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, note: str, item: str
) -> None:
    try:
        verdict = said(note=note, item=item)
        verdict.note.encode(), verdict.item.encode()
    except (ValueError, UnicodeEncodeError):
        return
    store = FeedbackStore(sqlite_at(tmp_path_factory.mktemp("any")), wait_s=PATIENCE_S)
    assert store.say(verdict, "s").verdict == verdict
    store.close()
