"""Connections to PostgreSQL, every wait on them bounded."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from app.database import CONNECT_SECONDS

POOL_WAIT_SECONDS = 3
POOL_SIZE = 5
"""Connections that are kept; twice as many may be open."""

# A peer that vanished (node gone, network cut) is noticed after seconds, not after the kernel's 15 minutes.
_LIVENESS: dict[str, Any] = {
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 5_000,  # milliseconds
}


class Database:
    """The pool that requests use, and fresh connections for the readiness check."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine: AsyncEngine = create_async_engine(
            "postgresql+psycopg://",
            # libpq reads the URL, not SQLAlchemy: sslmode, channel_binding, several hosts work as they are.
            async_creator=self.connect,
            pool_size=POOL_SIZE,
            max_overflow=POOL_SIZE,
            pool_timeout=POOL_WAIT_SECONDS,
            pool_pre_ping=True,
            use_native_hstore=False,
            hide_parameters=True,  # errors are logged; the text of somebody's tasks is not
        )
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    async def connect(self) -> psycopg.AsyncConnection[Any]:
        """A new connection, or psycopg.OperationalError within CONNECT_SECONDS, name resolution included."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await psycopg.AsyncConnection.connect(
                    self.url,
                    application_name="taskflow-backend",
                    # Prepared statements live in a server session; a transaction pooler changes it under us.
                    prepare_threshold=None,
                    **_LIVENESS,
                )
        except TimeoutError:
            raise psycopg.errors.ConnectionTimeout("connection timeout expired") from None

    def session(self) -> AsyncSession:
        """A session on the pool. It takes a connection at its first statement."""
        return self._sessions()

    async def close(self) -> None:
        """Close the idle connections of the pool."""
        await self._engine.dispose()
