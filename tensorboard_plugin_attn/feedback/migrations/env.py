"""What Alembic runs for every command: on the connection that `upgrade` hands over."""

from __future__ import annotations

from alembic import context

from tensorboard_plugin_attn.feedback.tables import metadata, revisions

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=revisions.name,
    render_as_batch=True,  # SQLite changes columns by copying the table
)
with context.begin_transaction():
    context.run_migrations()
