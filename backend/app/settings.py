"""The environment, read and checked once at start. Nothing else in the app reads os.environ."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.database.url import check_database_url, direct_url

MIN_SECRET_CHARS = 32


class ConfigurationError(Exception):
    """The environment is wrong. `problems`: each variable and what is wrong with it, never its value."""

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{name} {problem}" for name, problem in problems.items()))


def _database_url(value: SecretStr) -> SecretStr:
    check_database_url(value.get_secret_value())
    return value


def _shared_secret(value: SecretStr) -> SecretStr:
    secret = value.get_secret_value()
    if secret != secret.strip():
        # A newline left by `echo | base64` would make a key that differs from the frontend's.
        raise ValueError("starts or ends with white space")
    if len(secret) < MIN_SECRET_CHARS:
        raise ValueError(f"has {len(secret)} characters, needs at least {MIN_SECRET_CHARS}")
    return value


def _origin(value: str) -> str:
    problem = "is not an http:// or https:// address such as http://localhost:3000"
    try:
        parts = urlsplit(value)
        port = parts.port  # raises ValueError when it is not a number
    except ValueError as error:
        raise ValueError(problem) from error
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", value):
        raise ValueError(problem)
    if parts.username or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must be an origin only: scheme, host and port, nothing after them")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]


class _Environment(BaseSettings):
    # An empty variable is what a Secret without that key often becomes: the same as not set.
    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _resolved(cls, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("ref+"):
            raise ValueError("is a ref+ reference that nothing has resolved; it must be the value itself")
        return value

    @classmethod
    def load(cls) -> Self:
        """The settings, or ConfigurationError with every problem at once."""
        try:
            return cls()
        except ValidationError as error:
            problems = {str(item["loc"][0]).upper(): _sentence(item) for item in error.errors()}
            raise ConfigurationError(problems) from None


class MigrationSettings(_Environment):
    """What `python -m app.migrate` needs."""

    database_url: DatabaseUrl
    migration_database_url: DatabaseUrl | None = None

    @property
    def url(self) -> str:
        """The address to migrate through: a direct one, as a transaction pooler drops session locks."""
        if self.migration_database_url:
            return self.migration_database_url.get_secret_value()
        return direct_url(self.database_url.get_secret_value())


class Settings(_Environment):
    """What `python -m app` needs."""

    database_url: DatabaseUrl
    better_auth_secret: Annotated[SecretStr, AfterValidator(_shared_secret)]
    frontend_url: Annotated[str, AfterValidator(_origin)]
    """Origin of the web app (no trailing slash); the only one that CORS lets in."""
    openai_api_key: SecretStr | None = None
    ai_model: str = "gpt-4o-mini"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    drain_seconds: Annotated[float, Field(ge=0, le=15)] = 10
    """How long open connections are given, at the end, to make one more request and be told to close."""


def _sentence(error: ErrorDetails) -> str:
    if error["type"] == "missing":
        return "is not set"
    if error["type"] == "value_error":
        return error["msg"].removeprefix("Value error, ")
    return f"is wrong: {error['msg'].lower()}"
