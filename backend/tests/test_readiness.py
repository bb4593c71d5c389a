"""Readiness is latched, and a database outage is a bounded 503."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from app import readiness as module
from app.api import create_api, wrap
from app.database.connections import POOL_SIZE
from app.http.deadline import ANSWER_SECONDS
from app.http.drain import Drain
from app.migrate import migrate
from app.readiness import Readiness
from tests.conftest import add_user, settings_for
from tests.support.database import address, with_address, with_login
from tests.support.tcp_proxy import proxy_to
from tests.support.tokens import mint

BOUND_SECONDS = ANSWER_SECONDS + 2


@pytest.fixture(autouse=True)
def _retry_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)


@contextlib.asynccontextmanager
async def served(url: str) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    """The app with its lifespan running, and a client."""
    api = create_api(settings_for(url))
    transport = httpx.ASGITransport(wrap(api, Drain()))
    async with (
        api.router.lifespan_context(api),
        httpx.AsyncClient(transport=transport, base_url="http://backend") as client,
    ):
        yield api, client


async def until_ready(api: FastAPI) -> None:
    readiness: Readiness = api.state.readiness
    async with asyncio.timeout(20):
        while not readiness.ready:
            await asyncio.sleep(0.01)


async def reason_of(client: httpx.AsyncClient) -> str:
    response = await client.get("/health/ready")
    assert response.status_code == 503
    body = response.json()
    assert body["status"] == "starting"
    return str(body["reason"])


async def test_ready_once_the_schema_was_seen(migrated_url: str) -> None:
    async with served(migrated_url) as (api, client):
        await until_ready(api)
        response = await client.get("/health/ready")
        assert (response.status_code, response.json()["status"]) == (200, "ready")


async def test_not_ready_before_the_migration_ready_after_it(new_database: Callable[[], str]) -> None:
    url = new_database()
    async with served(url) as (api, client):
        while "no schema yet" not in await reason_of(client):
            await asyncio.sleep(0.01)
        await asyncio.to_thread(migrate, url)
        await until_ready(api)


async def test_not_ready_on_an_older_schema(new_database: Callable[[], str]) -> None:
    url = new_database()
    migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    api = create_api(settings_for(url))
    assert await api.state.readiness.check() == "the database is at schema 0000, this version needs 0001"


async def test_ready_on_a_newer_schema(new_database: Callable[[], str]) -> None:
    url = new_database()
    migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    api = create_api(settings_for(url))
    assert await api.state.readiness.check() is None


async def test_ready_with_every_connection_of_the_pool_open(new_database: Callable[[], str]) -> None:
    url = new_database()
    migrate(url)
    async with served(url) as (api, _):
        await until_ready(api)
        with psycopg.connect(url) as connection:
            open_connections = connection.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'taskflow-backend'"
            ).fetchone()
    assert open_connections == (POOL_SIZE,)


async def test_not_ready_while_the_first_queries_fail(new_database: Callable[[], str]) -> None:
    url = new_database()
    migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER TABLE task RENAME TO hidden")
        async with served(url) as (api, client):
            while await reason_of(client) != "the first queries failed (ProgrammingError)":
                await asyncio.sleep(0.01)
            connection.execute("ALTER TABLE hidden RENAME TO task")
            await until_ready(api)


async def test_the_reason_shows_no_password(server_url: str) -> None:
    url = with_login(server_url, "nobody", "hunter2")
    async with served(url) as (_, client):
        while "password authentication failed" not in (reason := await reason_of(client)):
            await asyncio.sleep(0.01)
        assert "hunter2" not in reason


async def test_live_without_a_database() -> None:
    async with served("postgresql://u:p@127.0.0.1:1/d") as (_, client):
        assert (await client.get("/health/live")).json() == {"status": "live"}


async def test_an_outage_leaves_pods_ready_and_answers_503_until_it_ends(
    migrated_url: str, users: psycopg.Connection
) -> None:
    token = {"Authorization": f"Bearer {mint(sub=add_user(users, 'alice'))}"}
    async with proxy_to(address(migrated_url)) as proxy:
        url = with_address(migrated_url, "127.0.0.1", proxy.port)
        async with served(url) as (api, client):
            await until_ready(api)
            assert (await client.get("/api/tasks", headers=token)).status_code == 200

            await proxy.cut()
            for method, body in (("GET", None), ("POST", {"title": "lost?"})):
                started = time.monotonic()
                response = await client.request(method, "/api/tasks", json=body, headers=token)
                assert time.monotonic() - started < BOUND_SECONDS
                assert response.status_code == 503
                assert response.headers["Content-Type"] == "application/problem+json"
                assert response.headers["Retry-After"] == "2"
            assert (await client.get("/health/ready")).status_code == 200
            assert (await client.get("/health/live")).status_code == 200

            await proxy.mend()
            response = await client.post("/api/tasks", json={"title": "kept"}, headers=token)
            assert response.status_code == 201
            titles = [
                task["title"] for task in (await client.get("/api/tasks", headers=token)).json()["items"]
            ]
            assert titles == ["kept"]


async def test_a_restart_of_the_database_between_two_requests_is_not_noticed(
    migrated_url: str, users: psycopg.Connection
) -> None:
    token = {"Authorization": f"Bearer {mint(sub=add_user(users, 'alice'))}"}
    async with (
        proxy_to(address(migrated_url)) as proxy,
        served(with_address(migrated_url, "127.0.0.1", proxy.port)) as (_, client),
    ):
        assert (await client.get("/api/tasks", headers=token)).status_code == 200
        await proxy.cut()
        await proxy.mend()
        response = await client.post("/api/tasks", json={"title": "kept"}, headers=token)
        assert response.status_code == 201


async def test_a_database_that_hangs_is_a_503_in_time_for_everybody(
    migrated_url: str, users: psycopg.Connection
) -> None:
    """More requests than connections: those in the pool's queue are bounded as well."""
    token = {"Authorization": f"Bearer {mint(sub=add_user(users, 'alice'))}"}
    async with proxy_to(address(migrated_url)) as proxy:
        url = with_address(migrated_url, "127.0.0.1", proxy.port)
        async with served(url) as (api, client):
            await until_ready(api)
            assert (await client.get("/api/tasks", headers=token)).status_code == 200

            proxy.freeze()
            started = time.monotonic()
            async with asyncio.timeout(60):
                answers = await asyncio.gather(
                    *(client.get("/api/tasks", headers=token) for _ in range(30)), client.get("/health/ready")
                )
            assert time.monotonic() - started < BOUND_SECONDS
            assert [answer.status_code for answer in answers] == [503] * 30 + [200]

            await proxy.mend()
            async with asyncio.timeout(20):
                while (await client.get("/api/tasks", headers=token)).status_code != 200:
                    await asyncio.sleep(0.05)
