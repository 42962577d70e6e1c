"""The first form of the table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_INDEXED = ("attempt", "user", "said_s")


def upgrade() -> None:
    """Make it."""
    op.create_table(
        "attn_verdicts",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("run", sa.String(256), nullable=False),
        sa.Column("attempt", sa.String(256), nullable=False),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("user", sa.String(256), nullable=False),
        sa.Column("user_index", sa.Integer, nullable=False),
        sa.Column("item", sa.String(256), nullable=False),
        sa.Column("evidence", sa.String(256), nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("said_s", sa.Float, nullable=False),
        sa.Column("session", sa.String(64), nullable=False),
        sa.Column("undone_s", sa.Float, nullable=True),
    )
    for name in _INDEXED:
        op.create_index(f"ix_attn_verdicts_{name}", "attn_verdicts", [name])


def downgrade() -> None:
    """Take it away, with everything in it."""
    op.drop_table("attn_verdicts")
