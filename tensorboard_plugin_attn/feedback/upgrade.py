"""Brings a database that another version made up to this one's revision."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL

from tensorboard_plugin_attn.feedback.tables import revisions


def upgrade(url: URL) -> tuple[str | None, str]:
    """Run what migrations are missing; return the revision before and after.

    Raises:
      ValueError: Alembic is not installed.
    """
    try:
        from alembic import command
        from alembic.config import Config
    except ImportError as error:
        raise ValueError(
            "upgrading needs Alembic: install this package with its extra [feedback]"
        ) from error
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        before = _revision(connection)
        command.upgrade(config, "head")
        after = _revision(connection)
    engine.dispose()
    return before, after or ""


def _revision(connection: sa.engine.Connection) -> str | None:
    if not sa.inspect(connection).has_table(revisions.name):
        return None
    found: str | None = connection.scalar(sa.select(revisions.c.version_num))
    return found
