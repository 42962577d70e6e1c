"""`FeedbackStore`: verdicts and decisions in and out, each exactly once.

What `say` returned is in the database, whatever ends the process afterwards; a client that got no
answer sends the same key again. A database that hangs is waited for `WAIT_S` and no longer, and
nothing but feedback waits for it.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLongError
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from tensorboard_plugin_attn.feedback.decision import Decided, Decision
from tensorboard_plugin_attn.feedback.errors import (
    ConflictError,
    LimitError,
    OutdatedError,
    UnavailableError,
)
from tensorboard_plugin_attn.feedback.tables import (
    REVISION,
    decisions,
    metadata,
    revisions,
    verdicts,
)
from tensorboard_plugin_attn.feedback.verdict import Stored, Verdict

logger = logging.getLogger("tensorboard_plugin_attn")

T = TypeVar("T")

WAIT_S = 1.5
THREADS = 8
MINUTE_S, HOUR_S = 60.0, 3600.0

_RETRY_S = 0.02
_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True)
class Limits:
    """How much feedback is taken.

    Attributes:
      session_minute: verdicts of one browser session in a minute; as many decisions.
      hour: verdicts of all in an hour; as many decisions.
      rows: verdicts in the database; as many decisions.
    """

    session_minute: int = 10
    hour: int = 1000
    rows: int = 1_000_000


class FeedbackStore:
    """Verdicts and decisions in SQLite or PostgreSQL.

    Args:
      url: the database; tables are made in an empty one.
      limits: how much is taken.
      clock: seconds since 1970.
      wait_s: how long a call waits for the database at most.

    All methods raise `UnavailableError` if the database does not answer in time.
    """

    def __init__(
        self,
        url: URL,
        *,
        limits: Limits = Limits(),
        clock: Callable[[], float] = time.time,
        wait_s: float = WAIT_S,
    ) -> None:
        self._url = url
        self._limits = limits
        self._clock = clock
        self._wait_s = wait_s
        self._threads = ThreadPoolExecutor(THREADS, "attn-feedback")
        self._opening = Lock()
        self._engine: Engine | None = None

    def say(self, verdict: Verdict, session: str) -> Stored:
        """Store `verdict` and return it as stored; the same one again changes nothing.

        Raises:
          ConflictError: another verdict has this key.
          LimitError: a limit is reached.
        """
        return self._run(lambda connection: self._say(connection, verdict, session))

    def undo(self, key: str) -> Stored | None:
        """Take a verdict back; return it, or `None` if there is none with this key."""

        def undo(connection: Connection) -> Stored | None:
            connection.execute(
                verdicts.update()
                .where(verdicts.c.key == key, verdicts.c.undone_s.is_(None))
                .values(undone_s=self._clock())
            )
            return _with_key(connection, key)

        return self._run(undo)

    def read(
        self,
        *,
        attempts: Sequence[str] | None = None,
        user: str | None = None,
        kind: str | None = None,
        before: int | None = None,
        count: int = 200,
        undone: bool = True,
    ) -> list[Stored]:
        """Return verdicts, newest first.

        Args:
          attempts: only of these attempts.
          user: only of this user's pseudonym.
          kind: only of this kind.
          before: only with a smaller `number`: the last one of the page before.
          count: at most so many.
          undone: those that were taken back, too.
        """
        query = sa.select(verdicts).order_by(verdicts.c.number.desc()).limit(count)
        if attempts is not None:
            query = query.where(verdicts.c.attempt.in_(list(attempts)))
        if user is not None:
            query = query.where(verdicts.c.user == user)
        if kind is not None:
            query = query.where(verdicts.c.kind == kind)
        if before is not None:
            query = query.where(verdicts.c.number < before)
        if not undone:
            query = query.where(verdicts.c.undone_s.is_(None))
        return self._run(lambda connection: [_stored(row) for row in connection.execute(query)])

    def decide(self, decision: Decision, session: str) -> Decided:
        """Store `decision` and return it as stored; the same one again changes nothing.

        Raises:
          ConflictError: another decision has this key.
          LimitError: a limit is reached.
        """
        return self._run(lambda connection: self._decide(connection, decision, session))

    def decided(self, *, before: int | None = None, count: int = 200) -> list[Decided]:
        """Return decisions, newest first: of each attempt the first one holds.

        Args:
          before: only with a smaller `number`: the last one of the page before.
          count: at most so many.
        """
        query = sa.select(decisions).order_by(decisions.c.number.desc()).limit(count)
        if before is not None:
            query = query.where(decisions.c.number < before)
        return self._run(lambda connection: [_decided(row) for row in connection.execute(query)])

    def purge(self, *, user: str | None = None, older_than_s: float | None = None) -> int:
        """Delete for good and return how many rows; SQLite's file gives the bytes back.

        Args:
          user: verdicts of this user's pseudonym.
          older_than_s: verdicts said before this time, seconds since 1970; without a user also
            decisions made before it.

        Raises:
          ValueError: neither is given: that would delete everything.
        """
        if user is None and older_than_s is None:
            raise ValueError("purge: say which user's, or older than what")
        delete = verdicts.delete()
        if user is not None:
            delete = delete.where(verdicts.c.user == user)
        if older_than_s is not None:
            delete = delete.where(verdicts.c.said_s < older_than_s)
        deletes = [delete]
        if user is None:
            deletes.append(decisions.delete().where(decisions.c.decided_s < older_than_s))
        count = self._run(
            lambda connection: sum(int(connection.execute(each).rowcount) for each in deletes)
        )
        if self._url.get_backend_name() == "sqlite":
            self._in_time(lambda: _vacuum(self._open()))
        return count

    def close(self) -> None:
        """Let go of the database; what hangs is left to end by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._engine is not None:
            self._engine.dispose()

    def _run(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in a transaction and a thread: a database that hangs must not hang the caller.

        Raises:
          UnavailableError: it does not answer in time, or cannot be used.
        """

        def run() -> T:
            with self._open().begin() as connection:
                return work(connection)

        return self._in_time(run)

    def _in_time(self, work: Callable[[], T]) -> T:
        try:
            return self._threads.submit(work).result(self._wait_s)
        except TookTooLongError as error:
            raise UnavailableError("the feedback database does not answer") from error
        except (SQLAlchemyError, sqlite3.Error, OSError, RuntimeError) as error:
            logger.warning("feedback database: %s", type(error).__name__)  # its text may hold names
            raise UnavailableError("the feedback database cannot be used") from error

    def _open(self) -> Engine:
        with self._opening:
            if self._engine is None:
                self._engine = _open(self._url, self._wait_s)
            return self._engine

    def _say(self, connection: Connection, verdict: Verdict, session: str) -> Stored:
        known = _with_key(connection, verdict.key)
        if known is None:
            self._check_limits(connection, verdicts, verdicts.c.said_s, session)
            insert = _INSERTS[connection.dialect.name](verdicts)
            connection.execute(
                insert.on_conflict_do_nothing(index_elements=["key"]),  # another was faster
                {**_columns(verdict), "said_s": self._clock(), "session": session},
            )
            known = _with_key(connection, verdict.key)
        if known is None or _columns(known.verdict) != _columns(verdict):
            raise ConflictError("key: taken by another statement; make a new one")
        return known

    def _decide(self, connection: Connection, decision: Decision, session: str) -> Decided:
        query = sa.select(decisions).where(decisions.c.key == decision.key)
        row = connection.execute(query).first()
        if row is None:
            self._check_limits(connection, decisions, decisions.c.decided_s, session)
            insert = _INSERTS[connection.dialect.name](decisions)
            connection.execute(
                insert.on_conflict_do_nothing(index_elements=["key"]),
                {**asdict(decision), "decided_s": self._clock(), "session": session},
            )
            row = connection.execute(query).first()
        if row is None or _decided(row).decision != decision:
            raise ConflictError("key: taken by another statement; make a new one")
        return _decided(row)

    def _check_limits(
        self, connection: Connection, table: sa.Table, time_s: sa.Column[float], session: str
    ) -> None:
        now_s = self._clock()
        said = sa.select(sa.func.count()).select_from(table)
        of_session = said.where(table.c.session == session, time_s > now_s - MINUTE_S)
        of_hour = said.where(time_s > now_s - HOUR_S)
        rows = sa.func.max(table.c.number) - sa.func.min(table.c.number) + 1  # counting is slow
        noun = table.name.removeprefix("attn_")
        for query, limit, what in (
            (of_session, self._limits.session_minute, "a minute from one browser"),
            (of_hour, self._limits.hour, "an hour"),
            (sa.select(rows), self._limits.rows, "in all; purge old ones"),
        ):
            if (connection.scalar(query) or 0) >= limit:
                raise LimitError(f"at most {limit} {noun} {what}")


def _open(url: URL, wait_s: float) -> Engine:
    """Return an engine whose database has our tables, in our revision.

    Raises:
      OutdatedError: the database is of another revision.
    """
    if url.get_backend_name() == "sqlite":
        engine = _open_sqlite(url, wait_s)
    else:
        timeout_ms = int(1000 * wait_s)
        engine = sa.create_engine(
            url,
            pool_pre_ping=True,
            pool_timeout=wait_s,
            pool_size=THREADS,
            connect_args={"connect_timeout": 2, "options": f"-c statement_timeout={timeout_ms}"},
        )
    with engine.begin() as connection:
        _make_tables(connection)
        revision = connection.scalar(sa.select(revisions.c.version_num))
    if revision != REVISION:
        engine.dispose()
        raise OutdatedError(
            f"the feedback database has revision {revision}, this version needs {REVISION}: "
            "run python -m tensorboard_plugin_attn feedback upgrade"
        )
    return engine


def _open_sqlite(url: URL, wait_s: float) -> Engine:
    if url.database and url.database != ":memory:":
        file = Path(url.database)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        _write_ahead(file, wait_s)
    engine = sa.create_engine(url, connect_args={"timeout": wait_s / 2, "isolation_level": None})

    @sa.event.listens_for(engine, "connect")
    def settle(connection: Any, _: object) -> None:
        connection.execute("PRAGMA synchronous=FULL")  # acknowledged is stored, power cut or not
        connection.execute("PRAGMA secure_delete=ON")  # purged is gone

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads before it writes would fail at once if another wrote meanwhile.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _write_ahead(file: Path, wait_s: float) -> None:
    """Set the file to write-ahead logging, once for all; SQLite does not wait here by itself."""
    give_up_s = time.monotonic() + wait_s / 2
    while True:
        with closing(sqlite3.connect(file, timeout=wait_s / 2)) as connection:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                if time.monotonic() >= give_up_s:
                    raise OSError("locked") from error
        time.sleep(_RETRY_S)


def _make_tables(connection: Connection) -> None:
    if sa.inspect(connection).has_table(revisions.name):
        return
    if connection.dialect.name == "postgresql":  # two servers may start at once
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(4186012)"))
    metadata.create_all(connection)
    if connection.scalar(sa.select(revisions.c.version_num)) is None:
        connection.execute(revisions.insert().values(version_num=REVISION))


def _vacuum(engine: Engine) -> None:
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def _with_key(connection: Connection, key: str) -> Stored | None:
    row = connection.execute(sa.select(verdicts).where(verdicts.c.key == key)).first()
    return None if row is None else _stored(row)


def _stored(row: Any) -> Stored:
    fields = {name: getattr(row, name) for name in Verdict.__dataclass_fields__ if name != "shown"}
    verdict = Verdict(**fields, shown=tuple(json.loads(row.shown)))
    return Stored(row.number, verdict, row.said_s, row.session, row.undone_s)


def _decided(row: Any) -> Decided:
    fields = {name: getattr(row, name) for name in Decision.__dataclass_fields__}
    return Decided(row.number, Decision(**fields), row.decided_s, row.session)


def _columns(verdict: Verdict) -> dict[str, Any]:
    columns = {name: getattr(verdict, name) for name in Verdict.__dataclass_fields__}
    return {**columns, "shown": json.dumps(list(verdict.shown))}
