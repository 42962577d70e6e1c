"""P11 on PostgreSQL: stopped and killed under writers, what was acknowledged is there, once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.engine import make_url

from tensorboard_plugin_attn.feedback.errors import UnavailableError
from tensorboard_plugin_attn.feedback.store import FeedbackStore, Limits
from tests.fixtures.postgresql import PostgreSQL, programs
from tests.unit.feedback.test_store import said

FOLDER = programs()
pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="PostgreSQL is not installed: apt-get install postgresql"
)
UNLIMITED = Limits(session_minute=10**9, hour=10**9)
WRITERS, EACH = 4, 25


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    assert FOLDER is not None
    made = PostgreSQL(tmp_path_factory.mktemp("postgresql"), FOLDER)
    made.start()
    yield made
    made.stop()


def store_of(database: PostgreSQL, wait_s: float = 60.0) -> FeedbackStore:
    return FeedbackStore(make_url(database.url), limits=UNLIMITED, wait_s=wait_s)


def test_it_keeps_what_sqlite_keeps(database: PostgreSQL) -> None:
    store = store_of(database)
    first = store.say(said(900_001, note="it’s 好"), "session")
    assert store.say(said(900_001, note="it’s 好"), "session") == first
    undone = store.undo(first.verdict.key)
    assert undone is not None
    assert undone.undone_s is not None
    assert store.read(attempts=["5d0c"], count=1) == [undone]
    assert store.purge(user="u-3f9a") == 1
    store.close()


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_what_was_acknowledged_is_there_once_after_it_came_back(
    database: PostgreSQL, how: str
) -> None:
    first = 0 if how == "stop" else 100_000
    acknowledged: list[str] = []
    refused: list[str] = []
    under_way = threading.Event()
    store = store_of(database)

    def write(writer: int) -> None:
        for number in range(EACH):
            verdict = said(first + writer * EACH + number)
            while True:  # as the tab does: the same key until there is an answer
                try:
                    store.say(verdict, "session")
                    break
                except UnavailableError:
                    refused.append(verdict.key)
                    back.wait(60)
            acknowledged.append(verdict.key)
            if len(acknowledged) >= WRITERS * EACH // 4:
                under_way.set()

    back = threading.Event()
    with ThreadPoolExecutor(WRITERS) as threads:
        running = [threads.submit(write, writer) for writer in range(WRITERS)]
        assert under_way.wait(60)
        getattr(database, how)()
        database.start()
        back.set()
        for future in running:
            future.result(120)
    keys = [s.verdict.key for s in store.read(count=10**6) if s.verdict.key in set(acknowledged)]
    assert len(acknowledged) == WRITERS * EACH
    assert sorted(keys) == sorted(acknowledged)
    store.close()


def test_an_outage_is_said_and_ends_by_itself(database: PostgreSQL) -> None:
    store = store_of(database)
    store.say(said(500_000), "session")
    database.stop()
    with pytest.raises(UnavailableError):
        store.say(said(500_001), "session")
    database.start()
    store.say(said(500_001), "session")
    assert {said(500_000).key, said(500_001).key} <= {s.verdict.key for s in store.read()}
    store.close()


def test_two_servers_may_make_the_tables_at_once(database: PostgreSQL) -> None:
    one = store_of(database)
    one.read()
    with one._open().begin() as connection:
        connection.exec_driver_sql(
            "DROP TABLE attn_verdicts, attn_decisions, attn_feedback_revision"
        )
    stores = [store_of(database) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda store: store.read(), stores)) == [[]] * 4
    for store in (one, *stores):
        store.close()
