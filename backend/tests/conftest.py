"""Fixtures: real PostgreSQL databases, the app in this process, users with tokens."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from psycopg import sql
from starlette.types import ASGIApp

from app.api import create_api, wrap
from app.http.drain import Drain
from app.migrate import migrate
from app.settings import Settings
from tests.support.database import database_url
from tests.support.tokens import SECRET, mint

SERVER_VARIABLE = "TEST_DATABASE_URL"

ClientFor = Callable[[str], httpx.AsyncClient]


def pytest_sessionstart() -> None:
    if not os.environ.get(SERVER_VARIABLE):
        pytest.exit(
            f"{SERVER_VARIABLE} is not set. These tests run on a real PostgreSQL: give a superuser's URL, "
            "e.g. postgresql://postgres:secret@127.0.0.1:5432/postgres. `npm test` starts one and sets it.",
            returncode=pytest.ExitCode.USAGE_ERROR,
        )


@pytest.fixture(scope="session")
def server_url() -> str:
    """The test server, as a superuser."""
    return os.environ[SERVER_VARIABLE]


@pytest.fixture(scope="session")
def new_database(server_url: str) -> Iterator[Callable[[], str]]:
    """Makes an empty database and gives its URL. All are dropped in the end."""
    made: list[sql.Identifier] = []
    with psycopg.connect(server_url, autocommit=True) as admin:

        def make() -> str:
            name = f"taskflow_test_{uuid.uuid4().hex[:12]}"
            made.append(sql.Identifier(name))
            admin.execute(sql.SQL("CREATE DATABASE {}").format(made[-1]))
            return database_url(server_url, name)

        yield make
        for name in made:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture(scope="session")
def migrated_url(new_database: Callable[[], str]) -> str:
    """A database at the newest schema, shared by the tests; `users` empties it for each."""
    url = new_database()
    migrate(url)
    return url


def settings_for(url: str, **changes: str) -> Settings:
    """Settings as the environment would give them."""
    values = {
        "database_url": url,
        "better_auth_secret": SECRET,
        "frontend_url": "http://localhost:3000",
        **changes,
    }
    return Settings.model_validate(values)


@pytest.fixture(scope="session")
async def fastapi_app(migrated_url: str) -> AsyncIterator[FastAPI]:
    """The routes, on the shared database, outside their middleware. The lifespan does not run."""
    api = create_api(settings_for(migrated_url))
    yield api
    await api.state.database.close()


@pytest.fixture(scope="session")
def app(fastapi_app: FastAPI) -> ASGIApp:
    """The whole app, as it is served."""
    return wrap(fastapi_app, Drain())


@pytest.fixture
async def anonymous(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a token. A server error is an answer to look at, not an exception."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://backend") as client:
        yield client


@pytest.fixture
def users(migrated_url: str) -> Iterator[psycopg.Connection]:
    """The shared database without a user in it, and with none left afterwards."""
    with psycopg.connect(migrated_url, autocommit=True) as connection:
        connection.execute('TRUNCATE "user" CASCADE')
        yield connection


def add_user(connection: psycopg.Connection, name: str) -> str:
    """A user as Better Auth would keep one. Returns the id."""
    user_id = f"user-{name}-{uuid.uuid4().hex[:8]}"
    connection.execute(
        'INSERT INTO "user" (id, name, email) VALUES (%s, %s, %s)',
        (user_id, name, f"{user_id}@example.com"),
    )
    return user_id


@pytest.fixture
async def client_for(app: ASGIApp, users: psycopg.Connection) -> AsyncIterator[ClientFor]:
    """Makes a signed-in client of a new user."""
    made: list[httpx.AsyncClient] = []

    def make(name: str) -> httpx.AsyncClient:
        token = mint(sub=add_user(users, name))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        client = httpx.AsyncClient(
            transport=transport, base_url="http://backend", headers={"Authorization": f"Bearer {token}"}
        )
        made.append(client)
        return client

    yield make
    for client in made:
        await client.aclose()


@pytest.fixture
def alice(client_for: ClientFor) -> httpx.AsyncClient:
    return client_for("alice")


@pytest.fixture
def bob(client_for: ClientFor) -> httpx.AsyncClient:
    return client_for("bob")
