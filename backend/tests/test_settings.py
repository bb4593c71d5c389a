"""The environment is checked once, completely, and never shown."""

from __future__ import annotations

import pytest

from app.process import EX_CONFIG
from app.settings import ConfigurationError, MigrationSettings, Settings
from tests.support.process import log_lines, run_module
from tests.support.tokens import SECRET

UNREADABLE = "cannot be read as a postgresql:// URL (is a special character in it not percent-encoded?)"

GOOD = {
    "DATABASE_URL": "postgresql://taskflow:hunter2@db.example.com/taskflow",
    "BETTER_AUTH_SECRET": SECRET,
    "FRONTEND_URL": "http://localhost:3000",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Exactly the good variables."""
    for name in ("OPENAI_API_KEY", "AI_MODEL", "PORT", "MIGRATION_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def problems() -> dict[str, str]:
    with pytest.raises(ConfigurationError) as caught:
        Settings.load()
    return caught.value.problems


@pytest.mark.usefixtures("environment")
def test_what_is_optional_has_its_default() -> None:
    settings = Settings.load()
    assert (settings.openai_api_key, settings.ai_model, settings.port) == (None, "gpt-4o-mini", 8000)


def test_an_empty_optional_variable_is_like_none(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OPENAI_API_KEY", "")
    environment.setenv("AI_MODEL", "")
    settings = Settings.load()
    assert (settings.openai_api_key, settings.ai_model) == (None, "gpt-4o-mini")


@pytest.mark.usefixtures("environment")
def test_secrets_do_not_show_when_printed() -> None:
    shown = repr(Settings.load())
    assert "hunter2" not in shown
    assert SECRET not in shown


def test_everything_missing_is_named_at_once(environment: pytest.MonkeyPatch) -> None:
    for name in GOOD:
        environment.delenv(name)
    assert problems() == dict.fromkeys(GOOD, "is not set")


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("DATABASE_URL", "", "is not set"),
        ("DATABASE_URL", "mysql://u:hunter2@h/d", "is not a postgresql:// URL"),
        ("DATABASE_URL", "host=h dbname=d", "is not a postgresql:// URL"),
        ("DATABASE_URL", "postgresql://u:hunter2@h/d\n", "contains white space or a NUL character"),
        ("DATABASE_URL", "postgresql://u:hunter2@h", "has no database name"),
        ("DATABASE_URL", "postgresql:///", "has no host and no user and no database name"),
        ("DATABASE_URL", "postgresql://h/d", "has no user"),
        (
            "DATABASE_URL",
            "postgresql://u:hunter2@h/d?schema=public",
            "has a query parameter that PostgreSQL does not know: schema",
        ),
        ("DATABASE_URL", "postgresql://u:hun/ter2@h/d", UNREADABLE),
        ("DATABASE_URL", "postgresql://u:12/34@h/d", UNREADABLE),
        ("DATABASE_URL", "postgresql://u:hun@ter2@h/d", UNREADABLE),
        ("DATABASE_URL", "postgresql://u:hun%ter2@h/d", UNREADABLE),
        ("DATABASE_URL", "postgresql://[u:hunter2@h/d", UNREADABLE),
        (
            "DATABASE_URL",
            "ref+secret://taskflow/DATABASE_URL",
            "is a ref+ reference that nothing has resolved; it must be the value itself",
        ),
        (
            "OPENAI_API_KEY",
            "ref+vault://x#/y",
            "is a ref+ reference that nothing has resolved; it must be the value itself",
        ),
        ("BETTER_AUTH_SECRET", "hunter2", "has 7 characters, needs at least 32"),
        ("BETTER_AUTH_SECRET", f"{SECRET}\n", "starts or ends with white space"),
        (
            "FRONTEND_URL",
            "localhost:3000",
            "is not an http:// or https:// address such as http://localhost:3000",
        ),
        (
            "FRONTEND_URL",
            "http://h:port",
            "is not an http:// or https:// address such as http://localhost:3000",
        ),
        (
            "FRONTEND_URL",
            "http://h/app",
            "must be an origin only: scheme, host and port, nothing after them",
        ),
        ("PORT", "http", "is wrong: input should be a valid integer, unable to parse string as an integer"),
        ("PORT", "65536", "is wrong: input should be less than or equal to 65535"),
    ],
)
def test_a_wrong_variable_is_named(
    environment: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    environment.setenv(name, value)
    assert problems() == {name: problem}


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p%40ss%2Fword@h/d",
        "postgres://u:p@h:5433/d",
        "postgresql://u:p@ep-x-pooler.eu-central-1.aws.neon.tech/d?sslmode=require&channel_binding=require",
        "postgresql://u:p@h1:5432,h2:5432/d?target_session_attrs=read-write",
        "postgresql://u@[::1]/d",
    ],
)
def test_any_url_that_libpq_reads_will_do(environment: pytest.MonkeyPatch, url: str) -> None:
    environment.setenv("DATABASE_URL", url)
    assert Settings.load().database_url.get_secret_value() == url


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("http://localhost:3000/", "http://localhost:3000"),
        ("HTTPS://Tasks.Example.com", "https://tasks.example.com"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_the_frontends_address_becomes_an_origin(
    environment: pytest.MonkeyPatch, given: str, origin: str
) -> None:
    environment.setenv("FRONTEND_URL", given)
    assert Settings.load().frontend_url == origin


def test_migrations_need_the_database_only_and_take_a_direct_address(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.delenv("BETTER_AUTH_SECRET")
    environment.delenv("FRONTEND_URL")
    environment.setenv("DATABASE_URL", "postgresql://u:p@ep-x-pooler.neon.tech/d?sslmode=require")
    assert MigrationSettings.load().url == "postgresql://u:p@ep-x.neon.tech/d?sslmode=require"

    environment.setenv("MIGRATION_DATABASE_URL", "postgresql://owner:p@elsewhere/d")
    assert MigrationSettings.load().url == "postgresql://owner:p@elsewhere/d"


def test_the_process_ends_with_one_line_that_lists_everything_and_shows_no_value() -> None:
    result = run_module(
        "app",
        DATABASE_URL="postgresql://u:hunter2@h/d?schema=public",
        BETTER_AUTH_SECRET="too-short",
        OPENAI_API_KEY="ref+vault://hunter2",
        FRONTEND_URL="not hunter2",
    )

    assert result.returncode == EX_CONFIG
    assert result.stderr == ""
    (line,) = log_lines(result.stdout)
    names = {"DATABASE_URL", "BETTER_AUTH_SECRET", "OPENAI_API_KEY", "FRONTEND_URL"}
    assert set(line["problems"]) == names
    assert all(name in line["event"] for name in names)
    assert "hunter2" not in result.stdout
    assert "too-short" not in result.stdout
