"""Readiness, latched: not ready until this process has reached the database at its schema and warmed up.

Afterwards it stays ready. A database outage must not take every pod out of its Service at once: the API goes
on answering a bounded 503, which says more than a refused connection.
"""

from __future__ import annotations

import asyncio

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.database.connections import POOL_SIZE, Database
from app.database.failures import connection_failure
from app.database.revision import SCHEMA_QUERY, SCHEMA_REVISION
from app.tasks.store import list_tasks

RETRY_SECONDS = 1
_QUERY_SECONDS = 3
_WARM_UP_SECONDS = 10

log = structlog.get_logger(__name__)


class Readiness:
    """`ready` and, until then, `reason`: why not yet."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.ready = False
        self.reason = "no database connection yet"

    async def watch(self) -> None:
        """Try until the latch closes. Runs beside the server, so that a probe costs no I/O."""
        while not self.ready:
            reason = await self.check()
            if reason is None:
                reason = await self.warm_up()
            if reason is None:
                self.ready = True
                log.info("ready", schema=SCHEMA_REVISION)
                return
            if reason != self.reason:
                log.warning("not ready", reason=reason)
            self.reason = reason
            await asyncio.sleep(RETRY_SECONDS)

    async def warm_up(self) -> str | None:
        """Open the pool's connections and compile the first query, which the first users would wait for."""

        async def nobodys_tasks() -> None:
            async with self._database.session() as session:
                await list_tasks(session, "", limit=1, after=None)

        try:
            async with asyncio.timeout(_WARM_UP_SECONDS):
                # At once, so that each needs a connection of its own.
                await asyncio.gather(*(nobodys_tasks() for _ in range(POOL_SIZE)))
        except (SQLAlchemyError, psycopg.Error, TimeoutError) as error:
            return f"the first queries failed ({type(error).__name__})"
        return None

    async def check(self) -> str | None:
        """One fresh connection and one look at the schema: None when both are right, else the reason."""
        try:
            connection = await self._database.connect()
        except psycopg.Error as error:
            return connection_failure(error, self._database.url)[0]
        try:
            async with asyncio.timeout(_QUERY_SECONDS):
                row = await (await connection.execute(SCHEMA_QUERY)).fetchone()
        except psycopg.errors.UndefinedTable:
            return "the database has no schema yet: python -m app.migrate has not run"
        except psycopg.Error as error:
            return f"the schema revision could not be read ({type(error).__name__})"
        except TimeoutError:
            return f"the database did not answer in {_QUERY_SECONDS} s"
        finally:
            await connection.close()
        revision = row[0] if row else ""
        # A newer schema is fine: migrations only expand until no pod of the old version is left.
        if revision < SCHEMA_REVISION:
            return f"the database is at schema {revision or '(none)'}, this version needs {SCHEMA_REVISION}"
        return None
