"""The tables, and which revision of them this version speaks.

`migrations/` brings an older database up to them; a test holds the two together.
"""

from __future__ import annotations

import sqlalchemy as sa

REVISION = "0002"

metadata = sa.MetaData()

verdicts = sa.Table(
    "attn_verdicts",
    metadata,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("key", sa.String(64), nullable=False, unique=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("run", sa.String(256), nullable=False),
    sa.Column("attempt", sa.String(256), nullable=False, index=True),
    sa.Column("step", sa.BigInteger, nullable=False),
    sa.Column("user", sa.String(256), nullable=False, index=True),
    sa.Column("user_index", sa.Integer, nullable=False),
    sa.Column("item", sa.String(256), nullable=False),
    sa.Column("evidence", sa.String(256), nullable=False),
    sa.Column("shown", sa.Text, nullable=False),  # a JSON list of item ids
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("said_s", sa.Float, nullable=False, index=True),
    sa.Column("session", sa.String(64), nullable=False),
    sa.Column("undone_s", sa.Float, nullable=True),
)

decisions = sa.Table(
    "attn_decisions",
    metadata,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("key", sa.String(64), nullable=False, unique=True),
    sa.Column("run", sa.String(256), nullable=False),
    sa.Column("attempt", sa.String(256), nullable=False, index=True),
    sa.Column("parent", sa.String(256), nullable=False),
    sa.Column("decision", sa.String(16), nullable=False),
    sa.Column("decided_s", sa.Float, nullable=False, index=True),
    sa.Column("session", sa.String(64), nullable=False),
)

revisions = sa.Table(  # Alembic's own, under a name that no other program of the database has
    "attn_feedback_revision",
    metadata,
    sa.Column("version_num", sa.String(32), primary_key=True),
)
