"""`python -m app.migrate`: bring the database to this version's schema, then exit.

Runs in an init container before every pod, so several may run at once (an advisory lock lets one in at a
time), against a database that is still starting, one that is up to date (nothing happens) or, in a rollback,
one that is ahead: migrations only expand until no older version is left, so there is nothing to do either.
"""

from __future__ import annotations

import sys
import time

import psycopg
import structlog

from app.database import CONNECT_SECONDS
from app.database.failures import CannotConnectError, MigrationError, connection_failure
from app.database.revision import SCHEMA_QUERY, reached
from app.database.url import describe_target
from app.logs import configure_logging
from app.process import EX_CONFIG, EX_FAILED, EX_UNAVAILABLE, stop_on_sigterm
from app.settings import ConfigurationError, MigrationSettings

PASSING_SECONDS = 30
"""How long a cause that may pass is waited for: a server starting, a connection refused."""
LASTING_SECONDS = 4
"""How long a cause that only a person mends is waited for: wrong password, unknown host, no such database."""
_RETRY_SECONDS = 1

log = structlog.get_logger(__name__)


def migrate(url: str) -> None:
    """Bring the database at `url` to SCHEMA_REVISION. Raises CannotConnectError or MigrationError."""
    raw = _connect(url)
    if reached(_revision(raw)):
        raw.close()
        return
    # Imported late: Alembic takes longer to load than all else here, and is needed once a release.
    from app.database.upgrade import upgrade

    upgrade(raw)


def _revision(connection: psycopg.Connection) -> str:
    """The database's revision; empty where it has none."""
    try:
        row = connection.execute(SCHEMA_QUERY).fetchone()
    except psycopg.errors.UndefinedTable:
        row = None
    except psycopg.Error as error:
        raise MigrationError(str(error).strip().split("\n", 1)[0]) from error
    connection.rollback()
    return row[0] if row else ""


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
