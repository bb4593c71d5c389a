"""Alembic under a lock: one migration at a time, whoever starts how many."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg
import structlog
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from alembic import command
from app.database.failures import MigrationError
from app.database.revision import SCHEMA_REVISION, reached

LOCK_KEY = 7_236_824_501
"""The advisory lock of migrations: any number, the same for ever."""
LOCK_WAIT_SECONDS = 120
_TABLE_LOCK_SECONDS = 10

log = structlog.get_logger(__name__)


def alembic_config() -> Config:
    """Alembic's configuration, without a file: the scripts lie beside `app`."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent.parent / "alembic"))
    return config


def upgrade(raw: psycopg.Connection) -> None:
    """Bring the database behind `raw`, which is closed, to SCHEMA_REVISION. Raises MigrationError."""
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: raw, poolclass=NullPool, use_native_hstore=False
    )
    try:
        with engine.connect() as connection:
            _upgrade(connection)
    except DBAPIError as error:
        raise MigrationError(_first_line(error.orig or error)) from error
    except SQLAlchemyError as error:
        raise MigrationError(_first_line(error)) from error
    finally:
        engine.dispose()


def _upgrade(connection: Connection) -> None:
    # A session lock, not a transaction's: a migration may have to commit midway (CREATE INDEX CONCURRENTLY).
    connection.execute(text(f"SET lock_timeout = '{LOCK_WAIT_SECONDS}s'"))
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK_KEY})
    # A migration that waits for a table lock holds up every query behind it: it gives up and is run again.
    connection.execute(text(f"SET lock_timeout = '{_TABLE_LOCK_SECONDS}s'"))
    connection.commit()

    before = MigrationContext.configure(connection).get_current_revision() or ""
    connection.commit()
    # Whoever had the lock before may have done it.
    if reached(before):
        return
    started = time.monotonic()
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, SCHEMA_REVISION)
    connection.commit()
    ms = round((time.monotonic() - started) * 1000)
    log.info("schema migrated", before=before or None, revision=SCHEMA_REVISION, ms=ms)


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n", 1)[0]
