"""`python -m app.migrate`: bring the database to this version's schema, then exit.

Runs in an init container before every pod, so several may run at once (an advisory lock lets one in at a
time), against a database that is still starting, one that is up to date (nothing happens) or, in a rollback,
one that is ahead: migrations only expand until no older version is left, so there is nothing to do either.
"""

from __future__ import annotations

import sys
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
from app.database.connections import CONNECT_SECONDS
from app.database.failures import connection_failure
from app.database.tables import SCHEMA_REVISION
from app.database.url import describe_target
from app.logs import configure_logging
from app.process import EX_CONFIG, EX_FAILED, EX_UNAVAILABLE, stop_on_sigterm
from app.settings import ConfigurationError, MigrationSettings

PASSING_SECONDS = 30
"""How long a cause that may pass is waited for: a server starting, a connection refused."""
LASTING_SECONDS = 4
"""How long a cause that only a person mends is waited for: wrong password, unknown host, no such database."""
_RETRY_SECONDS = 1

LOCK_KEY = 7_236_824_501
"""The advisory lock of migrations: any number, the same for ever."""
LOCK_WAIT_SECONDS = 120
_TABLE_LOCK_SECONDS = 10

log = structlog.get_logger(__name__)


class CannotConnectError(Exception):
    """PostgreSQL could not be reached; the message is one sentence that is safe to show."""


class MigrationError(Exception):
    """A migration failed; the message is one sentence."""


def alembic_config() -> Config:
    """Alembic's configuration, without a file: the scripts lie beside this package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "alembic"))
    return config


def migrate(url: str) -> None:
    """Bring the database at `url` to SCHEMA_REVISION. Raises CannotConnectError or MigrationError."""
    raw = _connect(url)
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
    if before == SCHEMA_REVISION:
        log.info("schema is up to date", revision=before)
    elif before > SCHEMA_REVISION:
        log.info("schema is ahead of this version; nothing to do", revision=before, wanted=SCHEMA_REVISION)
    else:
        started = time.monotonic()
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, SCHEMA_REVISION)
        connection.commit()
        ms = round((time.monotonic() - started) * 1000)
        log.info("schema migrated", before=before or None, revision=SCHEMA_REVISION, ms=ms)


def _connect(url: str) -> psycopg.Connection:
    started = time.monotonic()
    said = None
    while True:
        try:
            return psycopg.connect(
                url,
                application_name="taskflow-migrate",
                connect_timeout=CONNECT_SECONDS,
                prepare_threshold=None,
            )
        except psycopg.Error as error:
            sentence, lasting = connection_failure(error, url)
            patience = LASTING_SECONDS if lasting else PASSING_SECONDS
            if time.monotonic() - started >= patience:
                raise CannotConnectError(sentence) from None
            if sentence != said:
                log.warning(f"{sentence}; trying again for up to {patience} s")
                said = sentence
            time.sleep(_RETRY_SECONDS)


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n", 1)[0]


def main() -> int:
    configure_logging()
    stop_on_sigterm()  # leaving closes the connection, and PostgreSQL rolls back
    try:
        url = MigrationSettings.load().url
        log.info("migrating", target=describe_target(url))
        migrate(url)
    except ConfigurationError as error:
        log.critical(f"wrong environment: {error}", problems=error.problems)
        return EX_CONFIG
    except CannotConnectError as error:
        log.critical(str(error))
        return EX_UNAVAILABLE
    except MigrationError as error:
        log.critical(f"the migration failed and was rolled back: {error}")
        return EX_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
