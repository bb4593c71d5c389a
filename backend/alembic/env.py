"""Runs migrations on the connection that app.migrate hands over."""

from __future__ import annotations

from alembic import context
from app.database.tables import Base

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("Run `python -m app.migrate`: it connects, takes the lock and calls Alembic.")

context.configure(connection=connection, target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
