"""`python -m app.migrate` against real databases."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from app import migrate as program
from app.database import upgrade
from app.database.failures import CannotConnectError, MigrationError
from app.database.revision import SCHEMA_REVISION
from app.database.tables import Base
from app.database.upgrade import LOCK_KEY, alembic_config
from app.migrate import PASSING_SECONDS, migrate
from app.process import EX_CONFIG, EX_UNAVAILABLE
from tests.support.database import address, database_url, with_address, with_login
from tests.support.process import BACKEND, environment, free_port, log_lines, run_module
from tests.support.tcp_proxy import proxy_to

NewDatabase = Callable[[], str]


def revision(url: str) -> str | None:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return row[0] if row else None


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {row[0] for row in rows}


def test_the_code_is_written_for_the_newest_migration() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())
    assert scripts.get_current_head() == SCHEMA_REVISION
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)  # app.readiness compares them as text


def test_the_migrations_make_exactly_the_tables_of_the_code(migrated_url: str) -> None:
    engine = create_engine(migrated_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_an_empty_database_is_migrated_and_a_second_run_changes_nothing(new_database: NewDatabase) -> None:
    url = new_database()

    first = run_module("app.migrate", DATABASE_URL=url)
    second = run_module("app.migrate", DATABASE_URL=url)

    assert (first.returncode, second.returncode) == (0, 0)
    assert log_lines(first.stdout)[-1]["event"] == "schema migrated"
    assert log_lines(second.stdout)[-1]["event"] == "schema is up to date"
    assert revision(url) == SCHEMA_REVISION
    assert tables(url) == {"user", "session", "account", "verification", "task", "alembic_version"}


def test_data_survives_another_run(new_database: NewDatabase) -> None:
    url = new_database()
    migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO \"user\" (id, name, email) VALUES ('a', 'a', 'a@example.com')")
        migrate(url)
        assert connection.execute('SELECT count(*) FROM "user"').fetchone() == (1,)


def test_many_at_once_migrate_once(new_database: NewDatabase) -> None:
    url = new_database()
    start = threading.Barrier(6)

    def run() -> None:
        start.wait()
        migrate(url)

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(run) for _ in range(6)]:
            done.result()

    assert revision(url) == SCHEMA_REVISION


def test_a_migration_waits_for_the_one_that_holds_the_lock(new_database: NewDatabase) -> None:
    url = new_database()
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (LOCK_KEY,))
        waiting = subprocess.Popen(
            [sys.executable, "-m", "app.migrate"],
            cwd=BACKEND,
            env=environment(DATABASE_URL=url),
            stdout=subprocess.PIPE,
            text=True,
        )
        queued = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = "
        queued += "(SELECT oid FROM pg_database WHERE datname = current_database())"
        while other.execute(queued).fetchone() == (0,):
            assert waiting.poll() is None
        assert tables(url) == set()
        other.execute("SELECT pg_advisory_unlock(%s)", (LOCK_KEY,))
        assert waiting.communicate(timeout=30)[0]
    assert waiting.returncode == 0
    assert revision(url) == SCHEMA_REVISION


def test_a_lock_that_is_never_released_is_given_up(
    new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrade, "LOCK_WAIT_SECONDS", 1)
    url = new_database()
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (LOCK_KEY,))
        with pytest.raises(MigrationError, match="lock timeout"):
            migrate(url)


def test_an_older_version_leaves_a_newer_schema_alone(new_database: NewDatabase) -> None:
    url = new_database()
    migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    result = run_module("app.migrate", DATABASE_URL=url)

    assert result.returncode == 0
    assert "ahead" in log_lines(result.stdout)[-1]["event"]
    assert revision(url) == "9999"


def test_a_failing_migration_leaves_nothing_behind(new_database: NewDatabase) -> None:
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE task (id int)")  # somebody else's

    result = run_module("app.migrate", DATABASE_URL=url)

    last = log_lines(result.stdout)[-1]["event"]
    assert result.returncode == 1
    assert last == 'the migration failed and was rolled back: relation "task" already exists'
    assert tables(url) == {"task"}


@pytest.mark.parametrize("wrong", ["user", "database", "host"])
def test_what_waiting_does_not_mend_is_one_sentence(
    server_url: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "LASTING_SECONDS", 0)
    host, port = address(server_url)
    server = psycopg.conninfo.conninfo_to_dict(server_url)
    user, dbname = server["user"], server["dbname"]
    url, target, cause = {
        "user": (
            with_login(server_url, "nobody", "hunter2"),
            f"{host}:{port}/{dbname} as nobody",
            "password authentication failed",
        ),
        "database": (
            database_url(server_url, "nowhere"),
            f"{host}:{port}/nowhere as {user}",
            "the database does not exist",
        ),
        "host": (
            with_address(server_url, "no-such-host.invalid", 5432),
            f"no-such-host.invalid:5432/{dbname} as {user}",
            "the host name is unknown",
        ),
    }[wrong]

    with pytest.raises(CannotConnectError) as caught:
        migrate(url)

    assert str(caught.value) == f"cannot connect to PostgreSQL at {target}: {cause}"


def test_a_wrong_password_ends_soon_and_is_not_shown(server_url: str) -> None:
    host, port = address(server_url)
    server = psycopg.conninfo.conninfo_to_dict(server_url)
    user, dbname = str(server["user"]), server["dbname"]
    started = time.monotonic()

    result = run_module("app.migrate", DATABASE_URL=with_login(server_url, user, "hunter2"))

    assert time.monotonic() - started < PASSING_SECONDS
    assert result.returncode == EX_UNAVAILABLE
    last = log_lines(result.stdout)[-1]["event"]
    target = f"{host}:{port}/{dbname} as {user}"
    assert last == f"cannot connect to PostgreSQL at {target}: password authentication failed"
    assert "hunter2" not in result.stdout
    assert result.stderr == ""


def test_a_cause_that_may_pass_is_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "PASSING_SECONDS", 1)
    url = f"postgresql://u:p@127.0.0.1:{free_port()}/d"
    with pytest.raises(CannotConnectError, match="connection refused"):
        migrate(url)


async def test_a_server_that_comes_up_late_is_waited_for(server_url: str, new_database: NewDatabase) -> None:
    url = new_database()
    async with proxy_to(address(server_url)) as proxy:
        await proxy.cut()
        process = await _start(with_address(url, "127.0.0.1", proxy.port))
        assert process.stdout
        while b"connection refused" not in (line := await process.stdout.readline()):
            assert line
        await proxy.mend()
        rest = (await process.communicate())[0]
    assert b"schema migrated" in rest
    assert process.returncode == 0


async def _start(url: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "app.migrate",
        cwd=BACKEND,
        env=environment(DATABASE_URL=url),
        stdout=asyncio.subprocess.PIPE,
    )


def test_a_missing_url_is_a_wrong_environment() -> None:
    result = run_module("app.migrate")
    assert result.returncode == EX_CONFIG
    assert log_lines(result.stdout)[-1]["problems"] == {"DATABASE_URL": "is not set"}
