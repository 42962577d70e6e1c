"""A table of decisions on runs that learned from feedback."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_INDEXED = ("attempt", "decided_s")


def upgrade() -> None:
    """Make it."""
    op.create_table(
        "attn_decisions",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("run", sa.String(256), nullable=False),
        sa.Column("attempt", sa.String(256), nullable=False),
        sa.Column("parent", sa.String(256), nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("decided_s", sa.Float, nullable=False),
        sa.Column("session", sa.String(64), nullable=False),
    )
    for name in _INDEXED:
        op.create_index(f"ix_attn_decisions_{name}", "attn_decisions", [name])


def downgrade() -> None:
    """Take it away, with everything in it."""
    op.drop_table("attn_decisions")
