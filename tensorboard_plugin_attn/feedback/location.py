"""Where feedback is kept: a file of the user's own, or the database an operator names.

The address may hold a password, so it comes from the environment or from a file that only its
owner can read, never from a flag: flags are in process lists and in TensorBoard's environment.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

URL_VARIABLE = "ATTN_FEEDBACK_URL"
FILE_VARIABLE = "ATTN_FEEDBACK_URL_FILE"
DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}


class LocationError(ValueError):
    """The database cannot be used as it is named; the message says what to do, and no password."""


def database_url(environment: Mapping[str, str] = os.environ) -> URL:
    """Return the database's address: `ATTN_FEEDBACK_URL`, the file that
    `ATTN_FEEDBACK_URL_FILE` names, or an SQLite file in the user's data directory.

    Raises:
      LocationError: the address is none, names another database than SQLite or PostgreSQL, or
        stands in a file that others can read.
    """
    given = environment.get(URL_VARIABLE, "").strip() or _from_file(environment)
    if not given:
        return URL.create("sqlite", database=str(_data_directory(environment) / "feedback.sqlite3"))
    try:
        url = make_url(given)
    except ArgumentError as error:
        raise LocationError(
            f"{URL_VARIABLE} is no database address; use sqlite:////path/feedback.sqlite3 or "
            "postgresql://user:password@host/database"
        ) from error
    driver = DRIVERS.get(url.get_backend_name())
    if driver is None:
        raise LocationError(f"{URL_VARIABLE}: use an sqlite:// or a postgresql:// address")
    return url.set(drivername=driver)


def _from_file(environment: Mapping[str, str]) -> str:
    name = environment.get(FILE_VARIABLE, "")
    if not name:
        return ""
    file = Path(name)
    try:
        if os.name == "posix" and file.stat().st_mode & 0o077:
            raise LocationError(f"{FILE_VARIABLE}: others can read the file; run chmod 600 on it")
        return file.read_text("utf-8").strip()
    except OSError as error:
        raise LocationError(f"{FILE_VARIABLE}: {error.strerror}: give a readable file") from error


def _data_directory(environment: Mapping[str, str]) -> Path:
    """Return the user's data directory for this program, by the XDG convention."""
    base = environment.get("XDG_DATA_HOME", "")
    home = Path(base) if base.startswith("/") else Path.home() / ".local" / "share"
    return home / "tensorboard-plugin-attn"
